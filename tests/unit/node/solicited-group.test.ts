import { expect } from "chai";
import { solicitedGroup } from "../../../provider/node/solicited-group.ts";

describe("the group in which hosts are asked for an IPv6 address", () => {
  it("has the address's last 24 bits, as its MAC has", () => {
    expect(solicitedGroup("fd50::10/64")).to.deep.equal({ group: "ff02::1:ff00:10", mac: "33:33:ff:00:00:10" });
    expect(solicitedGroup("fd50::a1:b2c3")).to.deep.equal({ group: "ff02::1:ffa1:b2c3", mac: "33:33:ff:a1:b2:c3" });
  });
});
