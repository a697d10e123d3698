import { expect } from "chai";
import { addressName, holdingsOf } from "../../../../provider/model/address/address.ts";
import { holdsJust, readHeld, writeHeld } from "../../../../provider/model/address/held.ts";
import { segmentsOf } from "../../../../provider/model/address/segment.ts";
import { annotations } from "../../../../provider/model/names.ts";

const wanted = { mac: "02:00:5e:10:00:01", addresses: ["192.168.50.10/24", "fd50::10/64"] };

describe("a segment", () => {
  const table: [what: string, network: Parameters<typeof segmentsOf>[0], segments: string[]][] = [
    ["a parent by its name", { parent: "eth1" }, ["eth1"]],
    ["a tag on it, like the tagged link itself", { parent: "eth1", vlan: 100 }, ["eth1.100"]],
    ["the tagged link", { parent: "eth1.100" }, ["eth1.100"]],
    [
      "each parent of a network that has several",
      { parent: "eth1", parents: [{ parent: "eth2" }, { parent: "eth1" }], vlan: 7 },
      ["eth1.7", "eth2.7"],
    ],
    ["each of those alone", { parents: [{ parent: "eth3" }] }, ["eth3"]],
  ];
  for (const [what, network, segments] of table)
    it(`is ${what}`, () => expect(segmentsOf(network)).to.deep.equal(segments));
});

describe("what a Vnic holds", () => {
  it("is its MAC and its addresses, whatever their prefix lengths, on each segment", () => {
    expect(holdingsOf(wanted, ["eth1", "eth2"])).to.deep.include.members([
      { segment: "eth1", value: "02:00:5e:10:00:01", property: "mac" },
      { segment: "eth2", value: "fd50::10", property: "addresses[1]" },
    ]);
  });

  it("has a name of its own for each segment and value, fit for an object", () => {
    const names = holdingsOf(wanted, ["eth1", "eth2"]).map(addressName);
    expect(new Set(names).size).to.equal(6);
    for (const name of names) expect(name).to.match(/^[0-9a-f]{32}$/);
  });

  const metadata = (text: string) => ({ annotations: { [annotations.held]: text } });

  it("is read back as it was written", () => {
    const held = holdingsOf(wanted, ["eth1.100", "192.168.50.0/24"]);
    const read = readHeld(metadata(writeHeld(held)));
    expect(read).to.have.deep.members(held.map(({ segment, value }) => ({ segment, value })));
    expect(holdsJust(metadata(writeHeld(held)), ["fd50::10", "192.168.50.10", wanted.mac])).to.equal(true);
    expect(holdsJust(metadata(writeHeld(held)), ["fd50::10", wanted.mac])).to.equal(false);
  });

  for (const [what, text] of [
    ["no JSON", "["],
    ["no list", '{"a":1}'],
    ["a list of other things", '[1,null,{"segment":"eth1"},"eth1","", " "]'],
  ] as const)
    it(`is nothing where a tenant wrote ${what}`, () => expect(readHeld(metadata(text))).to.deep.equal([]));

  it("is bounded, however much a tenant wrote", () => {
    const many = JSON.stringify(Array.from({ length: 100_000 }, (_, index) => `eth1 10.0.${index}`));
    expect(readHeld(metadata(many))).to.have.length(1000);
  });
});
