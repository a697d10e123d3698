/** The longest time that setTimeout(3) of Node.js takes. */
const longest = 2 ** 31 - 1;

/** One thing to do at a time to come, however far off. */
export class Timer {
  private timer: NodeJS.Timeout | undefined;

  /** Sets the timer, and cancels what was set before. */
  set(milliseconds: number, work: () => void): void {
    this.clear();
    const now = Math.min(milliseconds, longest);
    this.timer = setTimeout(() => (milliseconds > now ? this.set(milliseconds - now, work) : work()), now);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
