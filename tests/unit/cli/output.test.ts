import { expect } from "chai";
import { forTerminal, oneLine, styled } from "../../../provider/cli/output.ts";

describe("a printed text", () => {
  it("is one line, whatever it contains", () => {
    for (const lineBreak of ["\n", "\r\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029", "\n\n"])
      expect(oneLine(`it failed${lineBreak}✓ nothing is wrong`)).to.equal("it failed ✓ nothing is wrong");
  });

  it("stays as it is without line breaks", () => expect(oneLine("a\tb  c")).to.equal("a\tb  c"));
});

describe("a text for the terminal", () => {
  const { FORCE_COLOR, NO_COLOR } = process.env;
  before(() => {
    process.env.FORCE_COLOR = "1";
    delete process.env.NO_COLOR;
  });
  after(() => {
    for (const [name, value] of Object.entries({ FORCE_COLOR, NO_COLOR }))
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  it("has our own styles, and none that others have written", () => {
    const theirs = "\u001b[32m✓\u001b[39m";
    expect(forTerminal(`${styled("red", `✗ ${theirs}`)} ${theirs}`)).to.equal(
      "\u001b[31m✗ \ufffd[32m✓\ufffd[39m\u001b[39m \ufffd[32m✓\ufffd[39m",
    );
  });
});
