import { expect } from "chai";
import { contains, familyOf, hostOf, isLinkLocal, networkOf, prefixOf } from "../../../provider/base/address.ts";

describe("an address", () => {
  it("is split into host and prefix length, with or without a prefix length", () => {
    expect([hostOf("192.168.50.10/24"), prefixOf("192.168.50.10/24")]).to.deep.equal(["192.168.50.10", "24"]);
    expect([hostOf("fd50::10"), prefixOf("fd50::10")]).to.deep.equal(["fd50::10", ""]);
  });

  it("has a family", () => {
    expect([familyOf("10.0.0.1/8"), familyOf("fd50::/64")]).to.deep.equal([4, 6]);
  });

  const table: [subnet: string, address: string, within: boolean][] = [
    ["192.168.50.0/24", "192.168.50.10", true],
    ["192.168.50.77/24", "192.168.50.10/16", true],
    ["192.168.50.0/24", "192.168.51.10", false],
    ["fd50::/64", "fd50::10", true],
    ["fd50::/64", "fd51::10", false],
    ["::/1", "10.0.0.1", false],
    ["0.0.0.0/1", "fd50::10", false],
  ];
  for (const [subnet, address, within] of table)
    it(`${address} is ${within ? "" : "not "}in ${subnet}`, () => {
      expect(contains(subnet, address)).to.equal(within);
    });

  it("belongs to a subnet in canonical form", () => {
    expect(networkOf("192.168.50.10/24")).to.equal("192.168.50.0/24");
    expect(networkOf("FD50:0:0:0:1::10/64")).to.equal("fd50::/64");
  });

  it("is recognised as link-local", () => {
    expect(["169.254.1.1", "fe80::1/64", "192.168.50.1", "fd50::1"].map(isLinkLocal)).to.deep.equal([
      ...[true, true],
      ...[false, false],
    ]);
  });
});
