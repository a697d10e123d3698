import { expect } from "chai";
import { printable } from "../../../provider/base/printable.ts";

describe("text for a terminal", () => {
  it("has no control sequences, whatever it contains", () => {
    const title = "\u001b]0;pwned\u0007";
    const clipboard = "\u001b]52;c;cm0gLXJmCg==\u001b\\";
    // Black text, also such that it hides all that follows.
    const styles = ["\u001b[30m", "\u001b[1m", "\u001b[2m", "\u001b[32m✓\u001b[39m"];
    const others = [
      ...styles,
      "\u001b[2J",
      "\u001b[1A",
      "\u001b[8m",
      "\u009b2J",
      "\r",
      "\b",
      "\u0000",
      "\u007f",
      "\u001bc",
    ];
    for (const text of [title, clipboard, ...others]) {
      // eslint-disable-next-line no-control-regex
      expect(printable(`a${text}b`)).to.not.match(/[\u0000-\u001f\u007f-\u009f]/);
    }
  });

  it("has no characters that change the order of others", () => {
    for (const text of ["\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\u061c"])
      expect(printable(`a${text}b`)).to.equal("a\ufffdb");
  });

  it("keeps its lines", () => expect(printable("shop/wire\n\tÄ")).to.equal("shop/wire\n\tÄ"));
});
