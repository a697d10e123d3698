import { expect } from "chai";
import { RetrySpacing } from "../../../provider/reconciler/retry-spacing.ts";

describe("the spacing of retries", () => {
  it("gives each retry of a namespace a time of its own, and other namespaces the same times", () => {
    const spacing = new RetrySpacing();
    const delays = Array.from({ length: 100 }, () => spacing.plan("loud", 0, 1000));
    expect(delays.slice(0, 3)).to.deep.equal([1000, 1100, 1200]);
    expect(new Set(delays).size).to.equal(100);
    expect(spacing.plan("quiet", 0, 1000)).to.equal(1000);
  });

  it("doesn't put a short delay behind longer ones", () => {
    const spacing = new RetrySpacing();
    for (let index = 0; index < 100; index++) spacing.plan("loud", 0, 30_000);
    expect(spacing.plan("loud", 0, 1000)).to.equal(1000);
  });

  it("never shortens a delay, at any time", () => {
    const spacing = new RetrySpacing();
    for (const now of [0, 1, 49, 50, 51, 123.4, 1_000_000.7])
      expect(spacing.plan("loud", now, 1000)).to.be.at.least(1000);
  });

  it("uses a time again when it has passed", () => {
    const spacing = new RetrySpacing();
    for (let index = 0; index < 100; index++) spacing.plan("loud", 0, 0);
    expect(spacing.plan("loud", 0, 0)).to.equal(10_000);
    expect(spacing.plan("loud", 11_000, 0)).to.equal(0);
  });
});
