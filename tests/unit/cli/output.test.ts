import { expect } from "chai";
import { oneLine } from "../../../provider/cli/output.ts";

describe("a printed text", () => {
  it("is one line, whatever it contains", () => {
    for (const lineBreak of ["\n", "\r\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029", "\n\n"])
      expect(oneLine(`it failed${lineBreak}✓ nothing is wrong`)).to.equal("it failed ✓ nothing is wrong");
  });

  it("stays as it is without line breaks", () => expect(oneLine("a\tb  c")).to.equal("a\tb  c"));
});
