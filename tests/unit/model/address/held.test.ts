import { expect } from "chai";
import { addressName, wantedAddressesOf } from "../../../../provider/model/address/address.ts";
import { holdsExactly, readHeld, segmentsWithoutHeld, writeHeld } from "../../../../provider/model/address/held.ts";
import { segmentsOf } from "../../../../provider/model/address/segment.ts";
import { annotations } from "../../../../provider/model/names.ts";

const wanted = { mac: "02:00:5e:10:00:01", addresses: ["192.168.50.10/24", "fd50::10/64"] };

describe("the segments of a network", () => {
  const table: [what: string, network: Parameters<typeof segmentsOf>[0], segments: string[]][] = [
    ["one parent, by name", { parent: "eth1" }, ["eth1"]],
    ["one parent with a VLAN, named like the tagged link", { parent: "eth1", vlan: 100 }, ["eth1.100"]],
    ["one tagged link that is the parent", { parent: "eth1.100" }, ["eth1.100"]],
    [
      "all parents of a network with several parents",
      { parent: "eth1", parents: [{ parent: "eth2" }, { parent: "eth1" }], vlan: 7 },
      ["eth1.7", "eth2.7"],
    ],
    ["all parents of a network without a general parent", { parents: [{ parent: "eth3" }] }, ["eth3"]],
  ];
  for (const [what, network, segments] of table)
    it(`are ${what}`, () => expect(segmentsOf(network)).to.deep.equal(segments));
});

describe("the MAC and the addresses that a Vnic holds", () => {
  it("exist once for each segment, without prefix lengths", () => {
    expect(wantedAddressesOf(wanted, ["eth1", "eth2"])).to.deep.include.members([
      { segment: "eth1", value: "02:00:5e:10:00:01", property: "mac" },
      { segment: "eth2", value: "fd50::10", property: "addresses[1]" },
    ]);
  });

  it("have a valid object name of their own for each segment and value", () => {
    const names = wantedAddressesOf(wanted, ["eth1", "eth2"]).map(addressName);
    expect(new Set(names).size).to.equal(6);
    for (const name of names) expect(name).to.match(/^[0-9a-f]{32}$/);
  });

  const metadata = (text: string) => ({ annotations: { [annotations.held]: text } });

  it("are read back from the annotation as they were written", () => {
    const held = wantedAddressesOf(wanted, ["eth1.100", "192.168.50.0/24"]);
    const read = readHeld(metadata(writeHeld(held)));
    expect(read).to.have.deep.members(held.map(({ segment, value }) => ({ segment, value })));
    expect(holdsExactly(metadata(writeHeld(held)), ["fd50::10", "192.168.50.10", wanted.mac])).to.equal(true);
    expect(holdsExactly(metadata(writeHeld(held)), ["fd50::10", wanted.mac])).to.equal(false);
  });

  it("are missing on the segments that a network has got since", () => {
    const held = metadata(writeHeld(wantedAddressesOf(wanted, ["eth1", "eth2"])));
    expect(segmentsWithoutHeld(held, ["eth1", "eth2"])).to.deep.equal([]);
    expect(segmentsWithoutHeld(held, ["eth1", "eth3", "eth4"])).to.deep.equal(["eth3", "eth4"]);
    expect(segmentsWithoutHeld(held, ["eth1"])).to.deep.equal([]);
    expect(segmentsWithoutHeld(held, ["eth3"])).to.deep.equal(["eth3"]);
    expect(segmentsWithoutHeld({}, ["eth1"])).to.deep.equal(["eth1"]);
  });

  for (const [what, text] of [
    ["invalid JSON", "["],
    ["a JSON object", '{"a":1}'],
    ["a list of other values", '[1,null,{"segment":"eth1"},"eth1","", " "]'],
  ] as const)
    it(`are none when the annotation has ${what}`, () => expect(readHeld(metadata(text))).to.deep.equal([]));

  it("are all that fit into an annotation, and at most 16384, however long it is", () => {
    const addresses = Array.from({ length: 64 }, (_, index) => `10.0.0.${index + 1}/24`);
    const parents = Array.from({ length: 150 }, (_, index) => `eth${index}`);
    const held = writeHeld(wantedAddressesOf({ ...wanted, addresses }, parents));
    expect(held.length).to.be.lessThan(256 * 1024);
    expect(readHeld(metadata(held))).to.have.length(150 * 65);
    const many = JSON.stringify(Array.from({ length: 100_000 }, (_, index) => `eth1 10.0.${index}`));
    expect(readHeld(metadata(many))).to.have.length(16_384);
  });
});
