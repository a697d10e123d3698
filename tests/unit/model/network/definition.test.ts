import { expect } from "chai";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { parseNetwork } from "../../../../provider/model/network/definition.ts";
import { networkCrd } from "../../../../provider/model/network/crd.ts";
import { networkInRecord, networkOnNode, networkRecordOf } from "../../../../provider/model/network/record.ts";

const whole = {
  name: "lan",
  mode: "macvlan",
  parent: "eth1",
  parents: [{ nodes: { rack: "b" }, parent: "52:54:00:00:00:01" }],
  vlan: 100,
  mtu: 9000,
  placement: "direct",
  gateways: ["192.168.50.1", "fd50::1"],
  ranges: [{ cidr: "192.168.50.0/24", from: "192.168.50.10", exclude: ["192.168.50.20"] }],
  namespaces: ["shop"],
};
function definitionOf(inputs: unknown) {
  const parsed = parseNetwork(inputs);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.definition;
}

describe("a network's definition", () => {
  it("is what was given, with the default mode", () => {
    expect(definitionOf(whole)).to.deep.equal(whole);
    expect(definitionOf({ name: "lan", parent: "eth1" })).to.deep.equal({
      name: "lan",
      mode: "macvlan",
      parent: "eth1",
    });
    expect(definitionOf({ ...whole, mtu: unknownValue }).mtu).to.equal(unknownValue);
  });

  const wrong: [given: object, property: string, reason: RegExp][] = [
    [{ parent: undefined }, "parent", /is missing; give it, or "parents"/],
    [{ parent: "-x" }, "parent", /is not an interface name/],
    [{ parent: "eth1", parents: [{ nodes: { rack: "b" } }] }, "parents[0].parent", /is missing/],
    [{ parent: "eth1", mode: "host-device", vlan: 5 }, "vlan", /is for the macvlan modes/],
    [{ parent: "eth1", mode: "host-device", placement: "direct" }, "placement", /host-device.*use "moved"/],
    [{ parent: "eth1", placement: "here" }, "placement", /^"here" is not a placement; use "moved"/],
    [{ parent: "eth1", gateways: ["192.168.50.1/24"] }, "gateways[0]", /is not a host's address/],
    [{ parent: "eth1", ranges: [{ cidr: "192.168.50.0/24" }, { cidr: "10.0.0.0/8" }] }, "ranges[1]", /same family/],
    [{ parent: "eth1", ranges: [{ cidr: "nonsense" }] }, "ranges[0].cidr", /is not a subnet/],
    [{ parent: "eth1", color: "red" }, "color", /is not a property of a Network/],
  ];
  for (const [given, property, reason] of wrong)
    it(`is refused with ${JSON.stringify(given)}`, () => {
      const parsed = parseNetwork({ name: "lan", ...given });
      if (!("problems" in parsed)) throw new Error("it passed");
      expect(parsed.problems.map((problem) => problem.property)).to.deep.equal([property]);
      expect(parsed.problems[0]?.reason).to.match(reason);
    });

  it("is stored in its record as it was given, with its owner", () => {
    const declared = { ...definitionOf(whole), declaredBy: "urn:1" };
    expect(networkInRecord(networkRecordOf(declared))).to.deep.equal(declared);
  });

  it("has the parent for the node's labels, or the general one, or none", () => {
    const parent = (labels: Record<string, string>, given: object = {}) =>
      networkOnNode({ ...definitionOf(whole), ...given }, { metadata: { labels } })?.parent;
    expect(parent({ rack: "b" })).to.equal("52:54:00:00:00:01");
    expect(parent({ rack: "a" })).to.equal("eth1");
    const { parent: _, ...rest } = definitionOf(whole);
    expect(networkOnNode(rest, {})).to.equal(undefined);
  });

  it("has a cluster-scoped kind of its own", () => {
    const { spec } = networkCrd();
    expect([spec.scope, spec.names.kind, spec.names.shortNames]).to.deep.equal([
      "Cluster",
      "VnicNetwork",
      ["vnet", "vnets"],
    ]);
  });
});
