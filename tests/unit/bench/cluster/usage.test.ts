import { expect } from "chai";
import { parseUsage } from "../../../bench/cluster/usage.ts";

describe("what a process uses", () => {
  it("is read from the kernel's texts, whatever the program's name has in it", () => {
    const stat = `7 (a b) c) S 1 7 7 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 11 0 100 0 0`;
    const status = "Name:\ta b) c\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
    expect(parseUsage(stat, status)).to.deep.equal({ cpuSeconds: 3, residentMegabytes: 100, peakMegabytes: 200 });
  });
});
