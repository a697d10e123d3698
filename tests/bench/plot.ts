/* A line plot as SVG, readable on a light and on a dark background. */

export interface Series {
  readonly name: string;
  /** Whether the line is a control, which is dashed. */
  readonly isControl?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const size = { width: 720, height: 400, left: 76, right: 190, top: 52, bottom: 60 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

/** Colours that differ in brightness as well; each has 3:1 contrast to both backgrounds. */
const colours = ["#2563eb", "#c2410c", "#15803d", "#a21caf", "#64748b"];

const style = `
    text { fill: #0f172a; }
    .back { fill: #ffffff; }
    .grid { stroke: #cbd5e1; }
    .axis { stroke: #334155; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e2e8f0; }
      .back { fill: #0f172a; }
      .grid { stroke: #334155; }
      .axis { stroke: #94a3b8; }
    }`;

/** The powers of ten, and 2 and 5 times these, that a logarithmic axis shows from `least` to `most`. */
export function ticksBetween(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const all = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)).flatMap((power) =>
    [1, 2, 5].map((factor) => Number((factor * power).toPrecision(1))),
  );
  const below = all.filter((tick) => tick <= least).at(-1) ?? least;
  const above = all.find((tick) => tick >= most) ?? most;
  return all.filter((tick) => tick >= below && tick <= above);
}

/** Draws the series over logarithmic axes. The x axis has a tick for each measured value. */
export function plotSvg({ title, description, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((one, other) => one - other);
  const ys = ticksBetween(Math.min(...points.map(([, y]) => y)), Math.max(...points.map(([, y]) => y)));
  const scale = (values: readonly number[], length: number) => {
    const [low, high] = [Math.log(values[0] ?? 1), Math.log(values.at(-1) ?? 1)];
    return (value: number) => (high === low ? length / 2 : ((Math.log(value) - low) / (high - low)) * length);
  };
  const [along, up] = [scale(xs, inner.width), scale(ys, inner.height)];
  const x = (value: number) => rounded(size.left + along(value));
  const y = (value: number) => rounded(size.top + inner.height - up(value));
  const right = size.left + inner.width;
  const bottom = size.top + inner.height;
  const grid = ys.map(
    (tick) =>
      `<line class="grid" x1="${size.left}" y1="${y(tick)}" x2="${right}" y2="${y(tick)}" />` +
      `<text x="${size.left - 8}" y="${rounded(y(tick) + 4)}" text-anchor="end">${shownNumber(tick)}</text>`,
  );
  const ticks = xs.map(
    (tick) =>
      `<line class="axis" x1="${x(tick)}" y1="${bottom}" x2="${x(tick)}" y2="${bottom + 5}" />` +
      `<text x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${shownNumber(tick)}</text>`,
  );
  const labels = spread(series.map((one) => y(one.points.at(-1)?.[1] ?? ys[0] ?? 1)));
  const lines = series.map(({ name, isControl, points: its }, index) => {
    const colour = colours[index % colours.length];
    const dashes = isControl ? ` stroke-dasharray="6 4"` : "";
    const path = its.map(([px, py]) => `${x(px)},${y(py)}`).join(" ");
    const dots = its.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3.5" fill="${colour}" />`).join("");
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes} />${dots}`,
      `<line x1="${right + 12}" y1="${labels[index]}" x2="${right + 36}" y2="${labels[index]}" stroke="${colour}" stroke-width="2"${dashes} />`,
      `<text x="${right + 42}" y="${rounded((labels[index] ?? 0) + 4)}">${escaped(name)}</text>`,
    ].join("\n    ");
  });
  const middle = rounded(size.top + inner.height / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="title description" font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">
  <title id="title">${escaped(title)}</title>
  <desc id="description">${escaped(description)}</desc>
  <style>${style}
  </style>
  <rect class="back" width="${size.width}" height="${size.height}" rx="8" />
  <text x="${size.left}" y="28" font-size="15" font-weight="bold">${escaped(title)}</text>
  <g>
    ${[...grid, ...ticks].join("\n    ")}
    <line class="axis" x1="${size.left}" y1="${bottom}" x2="${right}" y2="${bottom}" />
    <line class="axis" x1="${size.left}" y1="${size.top}" x2="${size.left}" y2="${bottom}" />
    <text x="${rounded(size.left + inner.width / 2)}" y="${size.height - 16}" text-anchor="middle">${escaped(xLabel)}</text>
    <text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})">${escaped(yLabel)}</text>
  </g>
  <g>
    ${lines.join("\n    ")}
  </g>
</svg>
`;
}

/** Moves the positions of labels apart, so that none covers another one; their order stays. */
export function spread(positions: readonly number[], distance = 18): number[] {
  const order = positions.map((position, index) => ({ position, index })).sort((a, b) => a.position - b.position);
  const result = [...positions];
  let last = -Infinity;
  for (const { position, index } of order) {
    last = Math.max(position, last + distance);
    result[index] = rounded(last);
  }
  return result;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function shownNumber(value: number): string {
  return value.toLocaleString("en-GB", { maximumSignificantDigits: 3 });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
