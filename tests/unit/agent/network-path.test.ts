import { expect } from "chai";
import { findTrouble, parentOf, type PathFindings } from "../../../provider/agent/network-path.ts";
import { hostSideName } from "../../../provider/model/names.ts";
import type { NodeNetwork } from "../../../provider/model/network/mode.ts";
import type { ResourceFile } from "../../../provider/model/wire/resource-file.ts";
import type { Link } from "../../../provider/node/link.ts";
import { association, injectPlan, liveInterface } from "../../fakes/objects.ts";

const link = (name: string, given: Partial<Link> = {}): Link => ({
  ...liveInterface({ name, addresses: [] }),
  carries: true,
  ...given,
});
const eth1 = link("eth1", { index: 3 });
const bridge = link("br0", { kind: "bridge", index: 4 });
const tag = link("vl1", { kind: "vlan", parent: "eth1", vlan: 100, index: 5 });
const nic = link("net1");
const down = { up: false, carries: false };

function fileOf(network: Partial<NodeNetwork>): ResourceFile {
  const { vnic, pod: _, ...definition } = injectPlan();
  return {
    schemaVersion: 2,
    step: "attached",
    vnic,
    definition: { ...definition, network: { mode: "macvlan", parent: "eth1", ...network } },
    association: association(),
    updatedAt: "",
  };
}
const port = link(hostSideName(fileOf({}).vnic.uid), { master: "br0" });
const inBridge = { mode: "bridge", parent: "br0" } as const;
const device = { mode: "host-device", parent: "eth9" } as const;

function troubleOf(network: Partial<NodeNetwork>, nodeLinks: Link[], seen: Partial<PathFindings> = {}): string {
  const { reason, message, attached } =
    findTrouble(fileOf(network), { nodeLinks, nic, isParentReplaced: false, ...seen }) ?? {};
  return reason === undefined ? "" : `${reason}${attached ? "" : ", not attached"}: ${message}`;
}

describe("a Vnic's path to its network", () => {
  const cases: [
    what: string,
    network: Partial<NodeNetwork>,
    links: Link[],
    seen: Partial<PathFindings>,
    trouble: string,
  ][] = [
    ["a parent that is up", {}, [eth1], {}, ""],
    ["a parent that was set down", {}, [{ ...eth1, ...down }], {}, "ParentDown: eth1 on the node is down"],
    [
      "a parent without a carrier",
      {},
      [link("eth1", { carries: false })],
      {},
      "ParentDown: eth1 on the node has no carrier",
    ],
    [
      "a parent that is gone with the NIC",
      {},
      [link("eth0")],
      { nic: undefined },
      `ParentMissing, not attached: network.parent: there is no interface "eth1" on the node; it has eth0`,
    ],
    [
      "a NIC that is gone",
      {},
      [eth1],
      { nic: undefined },
      "InterfaceMissing, not attached: net1 is gone from pod db-0",
    ],
    [
      "a missing NIC whose parent was recreated",
      {},
      [eth1],
      { nic: undefined, isParentReplaced: true },
      "InterfaceMissing, not attached: net1 is gone from pod db-0: eth1 on the node was recreated",
    ],
    ["a tagged link that is up", { vlan: 100 }, [eth1, tag], {}, ""],
    [
      "a tagged link that is down",
      { vlan: 100 },
      [eth1, { ...tag, ...down }],
      {},
      "ParentDown: vl1 on the node is down",
    ],
    ["a port in its bridge", inBridge, [bridge, port], {}, ""],
    [
      "a port that was removed from its bridge",
      inBridge,
      [bridge, link(port.name)],
      {},
      "PortMissing: the node's end of net1 is no port of br0",
    ],
    [
      "a port that its bridge has closed",
      inBridge,
      [bridge, { ...port, isClosed: true }],
      {},
      "PortClosed: br0 on the node has closed its port of net1, as the pod has sent a message of the spanning tree protocol; stop that, and take net1 down and up",
    ],
    ["a device in the pod", device, [], {}, ""],
    [
      "a device without a carrier",
      device,
      [],
      { nic: link("net1", { carries: false }) },
      "ParentDown: net1 in pod db-0 has no carrier",
    ],
    [
      "a device that is gone",
      device,
      [],
      { nic: undefined },
      "InterfaceMissing, not attached: net1 is gone from pod db-0",
    ],
  ];
  for (const [what, network, links, seen, trouble] of cases)
    it(`with ${what}: ${trouble || "has no problem"}`, () => expect(troubleOf(network, links, seen)).to.equal(trouble));

  it("begins at the parent's link, which differs from a device in the pod", () => {
    expect(parentOf(fileOf({}).definition, [eth1])?.index).to.equal(3);
    expect(parentOf(fileOf({}).definition, [])).to.equal(undefined);
    expect(parentOf(fileOf(device).definition, [link("eth9")])).to.equal(undefined);
  });
});
