/** A source of time, which also runs functions later. Tests use a clock that they advance themselves. */
export interface Clock {
  /** Milliseconds of a monotonic clock, for durations. Setting the machine's date doesn't affect it. */
  now(): number;
  /** The machine's date and time, for timestamps. It may be set forward and back. */
  date(): Date;
  /**
   * Runs `task` once, after that many milliseconds, which may exceed the limit of `setTimeout`. Returns a function that
   * cancels it.
   */
  after(milliseconds: number, task: () => void): () => void;
}

/** The longest delay that Node.js' `setTimeout` takes, in milliseconds. */
const maxDelayMilliseconds = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (milliseconds, task) => {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const delay = Math.min(left, maxDelayMilliseconds);
      timer = setTimeout(() => (left > delay ? wait(left - delay) : task()), delay);
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Resolves after that many milliseconds. */
export function sleep(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => clock.after(milliseconds, resolve));
}
