import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { boundedLines } from "../../../provider/node/bounded-lines.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the heap holds without garbage, of which there is more or less at different times. */
function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe("output lines of a program", () => {
  const linesOf = (chunks: readonly (string | Buffer)[], longest = 10) => {
    const lines: string[] = [];
    const receive = boundedLines(longest, (line) => lines.push(line));
    chunks.forEach((chunk) => receive(Buffer.from(chunk)));
    return lines;
  };
  const table: [what: string, chunks: (string | Buffer)[], lines: string[]][] = [
    ["are passed on as each ends", ["one\ntw", "o\n", "three"], ["one", "two"]],
    ["may arrive many at once", ["a\nb\n\nc\n"], ["a", "b", "", "c"]],
    [
      "are cut when they are too long, without damage to the next line",
      ["x".repeat(25), "y".repeat(25), "\nnext\n"],
      ["x".repeat(10), "next"],
    ],
    ["lose a carriage return at their end", ["one\r\ntwo\r\n"], ["one", "two"]],
    ["may have a character whose bytes arrive separately", [Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], ["ä"]],
  ];
  for (const [what, chunks, lines] of table) it(what, () => expect(linesOf(chunks)).to.deep.equal(lines));

  it("are held only up to their limit when a line never ends", () => {
    const receive = boundedLines(10, () => undefined);
    const chunk = Buffer.alloc(1 << 20, "x");
    const before = heldBytes();
    for (let each = 0; each < 200; each++) receive(chunk);
    expect(heldBytes() - before).to.be.below(20 * 2 ** 20);
    receive(Buffer.from("\n"));
  });
});
