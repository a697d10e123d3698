import { expect } from "chai";
import { controlOf, plotScale, type ScaleRound, summarizeScale } from "../../bench/scale-report.ts";

const round = (size: number, up: number): ScaleRound => ({
  size,
  vnics: { up, preview: 110, refresh: 300, destroy: 400 },
  nothing: { up: 100, preview: 100, refresh: 200, destroy: 100 },
  kernel: { up: 50, destroy: 20 },
  load: 1,
});

describe("the report of many Vnics", () => {
  it("compares with doing nothing, and with the kernel's part where something is changed", () => {
    const one = round(10, 300);
    expect([controlOf("up", one), controlOf("destroy", one)]).to.deep.equal([150, 120]);
    expect([controlOf("preview", one), controlOf("refresh", one)]).to.deep.equal([100, 200]);
  });

  it("has a row for each operation at each size, with ratios of each round to its own control", () => {
    const rows = summarizeScale([round(10, 300), round(100, 600), round(10, 450)]);
    expect(rows.map(({ size, operation }) => `${operation} of ${size}`)).to.have.length(8);
    const [up] = rows;
    expect(up?.ratio).to.include({ n: 2, min: 2, max: 3 });
    expect(rows.find(({ size, operation }) => size === 100 && operation === "up")?.ratio.p50).to.equal(4);
  });

  it("is plotted for each Vnic, with the machine in words", () => {
    const svg = plotScale([round(10, 300), round(100, 600)], "2 cores");
    expect(svg).to.include("2 cores").and.not.include("NaN");
    expect(svg.match(/<polyline/g)).to.have.length(5);
  });
});
