import { expect } from "chai";
import { isVnicError, messageOf, VnicError } from "../../../provider/base/errors.ts";

describe("an error", () => {
  const error = new VnicError("conflict", "name: taken", { cause: "x" });

  it("is recognised by its kind, not by its text", () => {
    expect(isVnicError(error)).to.equal(true);
    expect(isVnicError(error, "failed", "conflict")).to.equal(true);
    expect(isVnicError(error, "failed")).to.equal(false);
    expect(isVnicError(new Error("name: taken"))).to.equal(false);
    expect(isVnicError(undefined)).to.equal(false);
  });

  it("keeps its cause and has a stack", () => {
    expect(error.cause).to.equal("x");
    expect(error.stack).to.include("VnicError: name: taken");
  });

  it("has no control characters in its message, whatever it quotes", () =>
    expect(new VnicError("failed", "link \u001b]0;x\u0007\u0000 is\nthere").message).to.equal(
      "link \ufffd]0;x\ufffd\ufffd is\nthere",
    ));

  it("has a message, whatever was thrown", () => {
    expect([error, new Error("x"), "y", 7, undefined, null].map(messageOf)).to.deep.equal([
      "name: taken",
      "x",
      "y",
      "7",
      "undefined",
      "null",
    ]);
  });
});
