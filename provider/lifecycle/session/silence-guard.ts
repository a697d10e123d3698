import type { Clock } from "../../base/clock.ts";

/** How long the node may say nothing while a request waits, before it is asked, and how long it then has to answer. */
const silenceMilliseconds = 10_000;

export interface SilenceGuardOptions {
  readonly clock: Clock;
  /** Asks the node for any answer. */
  readonly ask: () => void;
  /** Called when the node hasn't answered; `seconds`: how long it has said nothing. */
  readonly onSilent: (seconds: number) => void;
}

/**
 * Notices that a node has gone silent while its connection stays open. The pings of the connection don't show that: the
 * API server answers them, and holds a connection to a kubelet that has stopped or lost its network for many minutes.
 */
export class SilenceGuard {
  private readonly options: SilenceGuardOptions;
  private cancel: (() => void) | undefined;
  private asked = false;

  constructor(options: SilenceGuardOptions) {
    this.options = options;
  }

  /** From now on, an answer is awaited. */
  start(): void {
    if (!this.cancel) this.arm();
  }

  /** The node has said something. */
  hear(): void {
    if (this.cancel) this.arm();
  }

  /** Nothing is awaited any more. */
  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private arm(): void {
    this.stop();
    this.asked = false;
    this.wait();
  }

  private wait(): void {
    const { clock, ask, onSilent } = this.options;
    this.cancel = clock.after(silenceMilliseconds, () => {
      if (this.asked) return onSilent((2 * silenceMilliseconds) / 1000);
      this.asked = true;
      this.wait();
      ask();
    });
  }
}
