import { expect } from "chai";
import { parseDefinition } from "../../../../provider/model/vnic/definition.ts";
import { difference } from "../../../../provider/model/vnic/diff.ts";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { type NetworkReference, networkWords } from "../../../../provider/model/network/reference.ts";
import { definition, inputs } from "../../../fakes/objects.ts";

function parse(network: unknown): unknown {
  const parsed = parseDefinition(inputs({ network }));
  return "definition" in parsed ? parsed.definition.network : parsed.problems;
}

describe("a Vnic's network", () => {
  const table: [what: string, given: unknown, canonical: unknown][] = [
    ["an inline network", { parent: "eth1" }, { mode: "macvlan", parent: "eth1" }],
    [
      "an inline network with a VLAN",
      { mode: "ipvlan", parent: "eth1", vlan: 100 },
      { mode: "ipvlan", parent: "eth1", vlan: 100 },
    ],
    [
      "an inline network with the parent's MAC",
      { parent: "52:54:00:AA:00:01" },
      { mode: "macvlan", parent: "52:54:00:aa:00:01" },
    ],
    ["an inline network with the parent's subnet", { parent: "fd50:0::/64" }, { mode: "macvlan", parent: "fd50::/64" }],
    ["a name as a string", "lan", { name: "lan" }],
    ["a name as an object", { name: "lan" }, { name: "lan" }],
    [
      "a name with the definition from the same program",
      { name: "lan", definition: { parent: "eth1", mtu: 1400 } },
      { name: "lan", definition: { mode: "macvlan", parent: "eth1", mtu: 1400 } },
    ],
    [
      "a NetworkAttachmentDefinition of the pod's namespace",
      { networkAttachmentDefinition: "lan" },
      { networkAttachmentDefinition: "shop/lan" },
    ],
    [
      "a NetworkAttachmentDefinition of another namespace",
      { networkAttachmentDefinition: "infra/lan" },
      { networkAttachmentDefinition: "infra/lan" },
    ],
    ["an unknown name", { name: unknownValue }, { name: unknownValue }],
    ["unknown as a whole", unknownValue, unknownValue],
  ];
  for (const [what, given, canonical] of table)
    it(`may be ${what}`, () => expect(parse(given)).to.deep.equal(canonical));

  const wrong: [given: unknown, property: string, reason: RegExp][] = [
    [{}, "network.parent", /is missing/],
    [{ name: "LAN" }, "network.name", /is not a Kubernetes name/],
    [{ name: "lan", parent: "eth1" }, "network.parent", /is not a property/],
    [{ parent: "eth1", vlan: 5000 }, "network.vlan", /5000 is not a VLAN ID; use 1 to 4094/],
    [{ mode: "bridge", parent: "br0", vlan: 5 }, "network.vlan", /name a bridge that is in the VLAN already/],
    [{ parent: "10.0.0.0/99" }, "network.parent", /is not an interface name/],
    [{ networkAttachmentDefinition: "../lan" }, "network.networkAttachmentDefinition", /is not the name/],
    [7, "network.parent", /is missing|not an object/],
  ];
  for (const [given, property, reason] of wrong)
    it(`is refused as ${JSON.stringify(given)}`, () => {
      const problems = parse(given) as { property: string; reason: string }[];
      expect(problems.map((problem) => `${problem.property}: ${problem.reason}`).join("\n")).to.match(
        new RegExp(property === "network.parent" && given === 7 ? "network" : `${property}: .*${reason.source}`),
      );
    });

  it("can't be given a MAC of its own in a mode that shares the parent's, except for the derived MAC", () => {
    const given = inputs({ network: { mode: "ipvlan", parent: "eth1" } });
    const parsed = parseDefinition(given);
    if (!("definition" in parsed)) throw new Error(JSON.stringify(parsed.problems));
    expect(parseDefinition({ ...given, mac: parsed.definition.mac })).to.have.property("definition");
    expect(JSON.stringify(parseDefinition({ ...given, mac: "02:00:00:00:00:01" }))).to.include(
      "can't be given with mode",
    );
  });

  const changes: [
    what: string,
    before: NetworkReference,
    after: NetworkReference,
    how: "update" | "replace" | "nothing",
  ][] = [
    ["another parent", { mode: "macvlan", parent: "eth1" }, { mode: "macvlan", parent: "eth2" }, "replace"],
    ["the name of another network", { name: "lan" }, { name: "wan" }, "replace"],
    [
      "the same network, now declared in the same program",
      { name: "lan" },
      { name: "lan", definition: { mode: "macvlan" } },
      "update",
    ],
    [
      "another MTU in its network",
      { name: "lan", definition: { mode: "macvlan", parent: "eth1" } },
      { name: "lan", definition: { mode: "macvlan", parent: "eth1", mtu: 1400 } },
      "update",
    ],
    [
      "another mode in its network",
      { name: "lan", definition: { mode: "macvlan", parent: "eth1" } },
      { name: "lan", definition: { mode: "bridge", parent: "eth1" } },
      "replace",
    ],
  ];
  for (const [what, before, after, how] of changes)
    it(`with ${what} causes: ${how}`, () => {
      const { update, replace } = difference(definition({ network: before }), definition({ network: after }));
      expect({ update, replace }).to.deep.equal({ update: [], replace: [], [how]: ["network"] });
    });

  it("is described in a few words", () => {
    expect(networkWords({ mode: "macvlan", parent: "eth1", vlan: 5 })).to.equal("eth1, VLAN 5 (macvlan)");
    expect(networkWords({ name: "lan" })).to.equal("lan");
  });
});
