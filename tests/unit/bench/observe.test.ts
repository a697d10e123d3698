import { expect } from "chai";
import { busyTicks, childrenTicks } from "../../bench/observe.ts";

describe("CPU times of a benchmark", () => {
  it("are those of ended children, whatever the program's name is", () => {
    const stat = "4711 (odd) name) S 1 4711 4711 0 -1 4194560 100 200 0 0 5 6 700 80 20 0 11 0 12345 1000 100";
    expect(childrenTicks(stat)).to.equal(780);
  });

  it("are those of the machine without idling and stolen time", () => {
    expect(busyTicks("cpu  100 20 30 5000 600 7 8 900 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")).to.equal(165);
  });
});
