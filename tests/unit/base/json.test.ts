import { expect } from "chai";
import { parseJson } from "../../../provider/base/json.ts";

describe("a JSON text", () => {
  it("is parsed, and anything else is undefined without an error", () => {
    expect(parseJson(`{"id":1}`)).to.deep.equal({ id: 1 });
    expect(parseJson("null")).to.equal(null);
    for (const text of ["", "{", "token: secret"]) expect(parseJson(text)).to.equal(undefined);
  });
});
