import { expect } from "chai";
import { realClock } from "../../../provider/base/clock.ts";

describe("the clock", () => {
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  /** The current timer of Node.js. */
  let timer: { readonly delay: number; readonly run: () => void } | undefined;

  beforeEach(() => {
    const set = (run: () => void, delay: number) => (timer = { delay, run });
    const clear = (cleared: unknown) => (timer = timer === cleared ? undefined : timer);
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  });
  afterEach(() => {
    timer = undefined;
    Object.assign(globalThis, { setTimeout: realSetTimeout, clearTimeout: realClearTimeout });
  });

  /** Lets the timer fire; returns how long that took in milliseconds. */
  const elapse = () => {
    const { delay = 0, run } = timer ?? {};
    timer = undefined;
    run?.();
    return delay;
  };

  /** A DHCP lease may last 136 years, and a timer of Node.js lasts at most 25 days. */
  it("waits longer than one timer of Node.js can", () => {
    let runs = 0;
    realClock.after(2 ** 32, () => runs++);
    const delays = [elapse(), elapse()];
    expect(runs).to.equal(0);
    delays.push(elapse());
    expect(runs).to.equal(1);
    expect(delays).to.deep.equal([2 ** 31 - 1, 2 ** 31 - 1, 2]);
    expect(timer).to.equal(undefined);
  });

  it("runs nothing that was cancelled, even after the first of several timers", () => {
    const cancel = realClock.after(2 ** 32, () => expect.fail("it ran"));
    elapse();
    cancel();
    expect(timer).to.equal(undefined);
  });
});
