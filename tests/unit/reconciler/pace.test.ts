import { expect } from "chai";
import { Pace } from "../../../provider/reconciler/pace.ts";

describe("the reconciler's pace", () => {
  let now = 0;
  const start = () => new Pace({ clock: { now: () => now } });
  const succeed = (pace: Pace, times: number) => Array.from({ length: times }).forEach(() => pace.succeeded());
  beforeEach(() => (now = 0));

  it("begins with few objects at once, and allows one more after each success, up to its maximum", () => {
    const pace = start();
    expect(pace.width).to.equal(8);
    succeed(pace, 10);
    expect(pace.width).to.equal(18);
    succeed(pace, 1000);
    expect(pace.width).to.equal(64);
  });

  it("is halved by an overload, however many calls report it at once, down to its minimum", () => {
    const pace = start();
    succeed(pace, 100);
    for (const width of [32, 16, 8, 4, 2, 2]) {
      pace.overloaded();
      pace.overloaded();
      expect(pace.width).to.equal(width);
      now += 5000;
    }
  });

  it("grows slowly after an overload", () => {
    const pace = start();
    succeed(pace, 100);
    pace.overloaded();
    succeed(pace, 32);
    expect(pace.width).to.equal(32);
    succeed(pace, 2);
    expect(pace.width).to.equal(33);
  });
});
