import { expect } from "chai";
import { transformSync } from "esbuild";
import { withPureConstants } from "../../../scripts/unused-constants.ts";

/** What a bundle has of a file when nobody uses what the file exports. */
function restOf(text: string): string {
  return transformSync(withPureConstants(text), { loader: "ts", treeShaking: true, format: "esm" }).code;
}

describe("constants that nobody uses, in a bundle", () => {
  it("are left out with the calls that make their values", () => {
    expect(restOf("const one = make(2).max(3), two: number[] = [one()];")).to.equal("");
    expect(restOf("const table = { a: make(), b: make() } as const;")).to.equal("");
  });

  it("leave what is used", () => {
    expect(restOf("const one = make(); const two = make(one); use(two);")).to.match(
      /make\(\)[^]*make\(one\)[^]*use\(two\)/,
    );
  });

  it("leave what isn't a constant's value", () => {
    expect(restOf("const one = make(); register(3);")).to.equal("register(3);\n");
  });
});
