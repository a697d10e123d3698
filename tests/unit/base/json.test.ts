import { expect } from "chai";
import { parseJson, parseTenantJson } from "../../../provider/base/json.ts";

describe("a JSON text", () => {
  it("is parsed, and anything else is undefined without an error", () => {
    expect(parseJson(`{"id":1}`)).to.deep.equal({ id: 1 });
    expect(parseJson("null")).to.equal(null);
    for (const text of ["", "{", "token: secret"]) expect(parseJson(text)).to.equal(undefined);
  });

  it("of a tenant may have up to 32 levels, whatever its strings contain", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(parseTenantJson(nested(32))).to.be.an("array");
    expect(parseTenantJson(nested(33))).to.equal(undefined);
    expect(parseTenantJson(`{"a":${nested(32)}}`)).to.equal(undefined);
    for (const value of ["[".repeat(40), '"[{\\', "\\"])
      expect(parseTenantJson(JSON.stringify([value]))).to.deep.equal([value]);
  });

  it("of a tenant takes time in proportion to its length", () => {
    const began = performance.now();
    for (const part of ['"', '\\"', "[", '"[', "\\", '"\\'])
      expect(parseTenantJson(part.repeat(500_000))).to.equal(undefined);
    expect(performance.now() - began).to.be.below(30_000);
  });
});
