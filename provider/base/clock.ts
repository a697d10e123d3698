/** Time, and work to be done later. Tests hand in a clock that they move themselves. */
export interface Clock {
  /** Milliseconds on a clock that only goes forward, at the same pace, whatever the machine's date is set to. For durations. */
  now(): number;
  /** The machine's date and time, which may be set forward and back. For timestamps. */
  date(): Date;
  /** Runs `task` once, that many milliseconds from now, however far off. Returns a function that cancels it. */
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
