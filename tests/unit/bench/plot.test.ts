import { expect } from "chai";
import { plotSvg, spread, ticksBetween } from "../../bench/plot.ts";

const plot = {
  title: "Cost of a Vnic & more",
  description: "Milliseconds for each.",
  xLabel: "Vnics",
  yLabel: "milliseconds",
  series: [
    {
      name: "up",
      points: [
        [1, 9000],
        [10, 1200],
        [100, 350],
      ],
    },
    {
      name: "doing <nothing>",
      isControl: true,
      points: [
        [1, 5000],
        [10, 600],
        [100, 120],
      ],
    },
  ],
} as const;

describe("a plot", () => {
  it("has ticks at 1, 2 and 5 times the powers of ten, around all values", () => {
    expect(ticksBetween(120, 9000)).to.deep.equal([100, 200, 500, 1000, 2000, 5000, 10_000]);
    expect(ticksBetween(0.3, 1)).to.deep.equal([0.2, 0.5, 1]);
    expect(ticksBetween(5, 5)).to.deep.equal([5]);
  });

  it("has a dot for each measured value, in the picture, and a tick for each measured size", () => {
    const svg = plotSvg(plot);
    const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
    expect(dots).to.have.length(6);
    for (const [x = 0, y = 0] of dots) expect([x > 0 && x < 720, y > 0 && y < 400]).to.deep.equal([true, true]);
    const [first, second] = [dots[0], dots[3]];
    expect(first?.[0], "the same size").to.equal(second?.[0]);
    expect(first?.[1], "a higher cost is further up").to.be.lessThan(second?.[1] ?? 0);
    for (const label of [">1<", ">10<", ">100<", ">Vnics<", ">milliseconds<"]) expect(svg).to.include(label);
  });

  it("has the text that a screen reader reads, colours for dark backgrounds, and dashes for controls", () => {
    const svg = plotSvg(plot);
    expect(svg).to.include('<title id="title">Cost of a Vnic &amp; more</title>').and.include("doing &lt;nothing>");
    expect(svg).to.include("prefers-color-scheme: dark");
    expect(svg.match(/<polyline[^>]* stroke-dasharray/g)).to.have.length(1);
  });

  it("can show a single value", () => {
    expect(plotSvg({ ...plot, series: [{ name: "up", points: [[10, 50]] }] })).to.not.include("NaN");
  });

  it("moves labels apart that would cover each other, and keeps their order", () => {
    expect(spread([100, 105, 30])).to.deep.equal([100, 118, 30]);
    expect(spread([100, 100, 110])).to.deep.equal([100, 118, 136]);
  });
});
