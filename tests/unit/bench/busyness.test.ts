import { expect } from "chai";
import { busynessInWords } from "../../bench/busyness.ts";

describe("the other work beside a benchmark", () => {
  it("is said", () => {
    expect(busynessInWords(0.04, 0.111)).to.equal(
      "other programs used 4 % of the CPUs before, and 11 % after the measurement",
    );
  });

  it("makes the figures count less if it is too much, before or after", () => {
    for (const [before, after] of [
      [0.5, 0.1],
      [0.1, 0.5],
    ] as const)
      expect(busynessInWords(before, after)).to.match(/; the machine was too busy to count on these figures$/);
  });
});
