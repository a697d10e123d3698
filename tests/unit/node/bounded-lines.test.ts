import { expect } from "chai";
import { boundedLines } from "../../../provider/node/bounded-lines.ts";

describe("lines of a program", () => {
  const linesOf = (chunks: readonly (string | Buffer)[], longest = 10) => {
    const lines: string[] = [];
    const hear = boundedLines(longest, (line) => lines.push(line));
    chunks.forEach((chunk) => hear(Buffer.from(chunk)));
    return lines;
  };
  const table: [what: string, chunks: (string | Buffer)[], lines: string[]][] = [
    ["come as they end", ["one\ntw", "o\n", "three"], ["one", "two"]],
    ["come many at once", ["a\nb\n\nc\n"], ["a", "b", "", "c"]],
    [
      "are cut where they are too long, and the next one is whole",
      ["x".repeat(25), "y".repeat(25), "\nnext\n"],
      ["x".repeat(10), "next"],
    ],
    ["have no carriage return at their end", ["one\r\ntwo\r\n"], ["one", "two"]],
    ["may have a letter whose bytes come apart", [Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], ["ä"]],
  ];
  for (const [what, chunks, lines] of table) it(what, () => expect(linesOf(chunks)).to.deep.equal(lines));

  it("hold no more than their bound of a line that never ends", () => {
    const hear = boundedLines(10, () => undefined);
    const chunk = Buffer.alloc(1 << 20, "x");
    const before = process.memoryUsage().heapUsed;
    for (let each = 0; each < 200; each++) hear(chunk);
    expect(process.memoryUsage().heapUsed - before).to.be.below(150 * 2 ** 20);
  });
});
