import { expect } from "chai";
import * as z from "zod";
import { compare, known, unknownValue, withoutNull } from "../../../../provider/model/schema/known.ts";
import { quote } from "../../../../provider/base/quote.ts";

describe("unknown values", () => {
  for (const [one, other, expected] of [
    [1400, 1400, "same"],
    [{ a: [1, { b: "c" }] }, { a: [1, { b: "c" }] }, "same"],
    [undefined, undefined, "same"],
    [1400, unknownValue, "unknown"],
    [undefined, unknownValue, "unknown"],
    [{ a: 1 }, unknownValue, "unknown"],
    [{ a: 1, b: 2 }, { a: 1, b: unknownValue }, "unknown"],
    [{ a: 1 }, { a: 1, b: unknownValue }, "unknown"],
    [["a", "b"], ["a", unknownValue], "unknown"],
    [{ a: 1, b: 2 }, { a: 3, b: unknownValue }, "different"],
    [["a"], ["a", unknownValue], "different"],
    [{ a: 1 }, {}, "different"],
    [{ a: 1 }, "a", "different"],
    [[], {}, "different"],
  ] as const)
    it(`are compared: ${JSON.stringify(one)} with ${JSON.stringify(other)} is ${expected}`, () =>
      expect(compare(one, other)).to.equal(expected));
});

describe("values from programs and stack configuration", () => {
  const schema = z.strictObject({
    mtu: known(z.int().min(68)).optional(),
    slaac: known(z.boolean()).optional(),
    name: known(z.string()).optional(),
  });
  it("may be texts for numbers and booleans, but only where these are expected", () =>
    expect(schema.parse({ mtu: "1400", slaac: "false", name: "1400" })).to.deep.equal({
      mtu: 1400,
      slaac: false,
      name: "1400",
    }));
  it("are refused by the property's own rule when they are texts of invalid numbers", () => {
    expect(schema.safeParse({ mtu: "20" }).error?.issues[0]?.code).to.equal("too_small");
    expect(schema.safeParse({ mtu: "wide" }).error?.issues[0]?.code).to.equal("invalid_type");
  });
  it("lose every null", () =>
    expect(withoutNull({ a: null, b: [null, 1, { c: null }], d: 0, e: "" })).to.deep.equal({
      b: [1, {}],
      d: 0,
      e: "",
    }));
});

describe("a quoted value", () => {
  it("is replaced when it is nested too deeply to be formatted, or contains itself", () => {
    const nested = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
    const own: Record<string, unknown> = {};
    own["own"] = own;
    for (const value of [nested, own]) expect(quote(value)).to.equal("a value that can't be shown");
  });
  it("is JSON when it is short", () => expect(quote("a\nb")).to.equal(`"a\\nb"`));
  it("is cut when it is long, with its length", () => {
    expect(quote("x".repeat(1_000_000))).to.match(/^"x{119}… \(1000000 characters\)$/);
    expect(quote(Array.from({ length: 1000 }, (_, index) => index)).length).to.be.below(200);
  });
});
