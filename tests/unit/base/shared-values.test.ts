import { expect } from "chai";
import { SharedValues } from "../../../provider/base/shared-values.ts";

describe("shared values", () => {
  it("are in memory once if they are equal", () => {
    const shared = new SharedValues();
    const first = shared.share({ app: "db" });
    expect(shared.share({ app: "db" })).to.equal(first);
    expect(shared.share({ app: "other" })).to.deep.equal({ app: "other" });
    expect(shared.share("db")).to.equal("db");
    expect(shared.share(undefined)).to.equal(undefined);
  });

  it("aren't known if they are long, or after many others", () => {
    const shared = new SharedValues();
    const long = { app: "x".repeat(1000) };
    shared.share(long);
    expect(shared.share({ ...long })).to.not.equal(long);
    const former = shared.share({ app: "former" });
    for (let index = 0; index < 2000; index++) shared.share({ index });
    expect(shared.share({ app: "former" })).to.not.equal(former);
  });
});
