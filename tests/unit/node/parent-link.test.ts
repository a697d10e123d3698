import { expect } from "chai";
import type { NodeNetwork } from "../../../provider/model/network/mode.ts";
import { resolveParent } from "../../../provider/node/parent-link.ts";
import { refuseUnclaimed, segmentOn } from "../../../provider/node/segment.ts";
import type { Link } from "../../../provider/node/link.ts";
import { liveInterface } from "../../fakes/objects.ts";

const link = (name: string, given: Partial<Link> = {}): Link => ({
  ...liveInterface({ name, addresses: [], mac: "52:54:00:00:00:01" }),
  ...given,
});
const links = [
  link("lo"),
  link("eth0", { addresses: ["10.0.0.4/24", "fd00::4/64"], bus: "0000:00:03.0" }),
  link("eth1", { mac: "52:54:00:00:00:11", mtu: 9000, bus: "0000:00:04.0" }),
  link("eth2", { mac: "52:54:00:00:00:12", up: false }),
  link("eth3", { mac: "52:54:00:00:00:13", master: "br0" }),
  link("eth4", { master: "bond0" }),
  link("bond0", { kind: "bond" }),
  link("br0", { kind: "bridge", mac: "52:54:00:00:00:13" }),
  link("tag", { kind: "vlan", parent: "eth1", vlan: 100, mac: "52:54:00:00:00:11" }),
  link("inner", { kind: "vlan", parent: "tag", vlan: 7 }),
  link("shim", { kind: "macvlan", parent: "eth1" }),
  link("shimtag", { kind: "vlan", parent: "shim", vlan: 5 }),
  link("loop", { kind: "macvlan", parent: "loop" }),
  link("twin1", { mac: "52:54:00:00:00:99" }),
  link("twin2", { mac: "52:54:00:00:00:99" }),
];
const resolve = (network: Partial<NodeNetwork>) =>
  resolveParent({ mode: "macvlan", parent: "eth1", ...network }, links);

describe("a node's parent for a plan", () => {
  const found: [what: string, network: Partial<NodeNetwork>, parent: string][] = [
    ["by name", { parent: "eth1" }, "eth1"],
    ["by an address in a subnet", { parent: "10.0.0.0/24" }, "eth0"],
    ["by an address in an IPv6 subnet", { parent: "fd00::/64" }, "eth0"],
    ["by MAC, and isn't a child link with that MAC", { parent: "52:54:00:00:00:11" }, "eth1"],
    ["by the MAC of a bridge's port with a VLAN", { parent: "52:54:00:00:00:13", vlan: 5 }, "vl"],
    ["by PCI address", { parent: "0000:00:04.0" }, "eth1"],
    ["as an existing link of the VLAN", { vlan: 100 }, "tag"],
    ["as a VLAN link that must be created", { vlan: 101 }, "vl"],
    ["as a bridge", { mode: "bridge", parent: "br0" }, "br0"],
    ["as a device, even one that is down", { mode: "host-device", parent: "eth2" }, "eth2"],
  ];
  for (const [what, network, parent] of found)
    it(`is found ${what}`, () => expect(resolve(network).parent).to.match(new RegExp(`^${parent}`)));

  const segments: [what: string, network: Partial<NodeNetwork>, segment: string][] = [
    ["by its name", {}, "eth1"],
    ["by its MAC", { parent: "52:54:00:00:00:11" }, "eth1"],
    ["by its PCI address", { parent: "0000:00:04.0" }, "eth1"],
    ["by a subnet", { parent: "10.0.0.0/24" }, "eth0"],
    ["with a VLAN", { vlan: 100 }, "eth1.100"],
    ["by its MAC, with a VLAN", { parent: "52:54:00:00:00:11", vlan: 100 }, "eth1.100"],
    ["by a link of the VLAN with another name", { parent: "tag" }, "eth1.100"],
    ["with a VLAN in that VLAN", { parent: "tag", vlan: 7 }, "eth1.100.7"],
    ["by a link of such a VLAN", { parent: "inner" }, "eth1.100.7"],
    ["by a macvlan of the node", { parent: "shim" }, "eth1"],
    ["by a VLAN link on a macvlan of the node", { parent: "shimtag" }, "eth1.5"],
    ["as a bridge", { mode: "bridge", parent: "br0" }, "br0"],
    ["as a device", { mode: "host-device", parent: "52:54:00:00:00:12" }, "eth2"],
    ["by a link that names itself as its parent, as in another namespace", { parent: "loop" }, "loop"],
  ];
  for (const [what, network, segment] of segments)
    it(`is one segment however it is given: ${what}`, () =>
      expect(segmentOn({ mode: "macvlan", parent: "eth1", ...network }, links)).to.equal(segment));

  it("is refused on a segment that the driver hasn't claimed, which the error names", () => {
    refuseUnclaimed("eth1.5", { segments: ["eth1", "eth1.5"] });
    refuseUnclaimed("eth1.5", {});
    expect(() => refuseUnclaimed("eth1.5", { segments: ["eth1"] }))
      .to.throw("network.parent: the parent is eth1.5 on the node")
      .with.property("subject")
      .that.deep.equals({ type: "segment", name: "eth1.5" });
  });

  it("has, for a device, the state to restore later", () =>
    expect(resolve({ mode: "host-device", parent: "eth2" }).former).to.deep.equal({
      name: "eth2",
      mac: "52:54:00:00:00:12",
      mtu: 1500,
      up: false,
      altnames: [],
    }));

  const refused: [when: string, network: Partial<NodeNetwork>, words: RegExp][] = [
    ["no interface has the name", { parent: "eth9" }, /there is no interface "eth9" on the node; it has eth0, eth1, /],
    [
      "no interface has an address in the subnet",
      { parent: "10.9.0.0/24" },
      /there is no interface with an address in 10\.9\.0\.0\/24 on the node/,
    ],
    [
      "two interfaces have the MAC",
      { parent: "52:54:00:00:00:99" },
      /twin1 and twin2 on the node both are interfaces with MAC/,
    ],
    ["the parent is down", { parent: "eth2" }, /interface "eth2" on the node is down; bring it up first/],
    ["it must be a bridge and isn't one", { mode: "bridge" }, /eth1 is no bridge on the node; it has br0$/],
    [
      "a device has the node's addresses",
      { mode: "host-device", parent: "eth0" },
      /carries the node's own 10\.0\.0\.4\/24/,
    ],
    [
      "the parent is a bridge's port",
      { parent: "eth3" },
      /eth3 is a port of the bridge br0 on the node; name br0 instead, or use mode "bridge" with it$/,
    ],
    [
      "the MAC belongs to a bridge's port and not to the bridge",
      { mode: "ipvlan", parent: "52:54:00:00:00:13" },
      /eth3 is a port of the bridge br0/,
    ],
    [
      "the parent of mode bridge is a bridge's port",
      { mode: "bridge", parent: "eth3" },
      /bridge br0 .*; name br0 instead$/,
    ],
    [
      "the parent is a bond's port",
      { parent: "eth4" },
      /eth4 is a port of the bond bond0 on the node; name bond0 instead$/,
    ],
    ["a device is a bridge's port", { mode: "host-device", parent: "eth3" }, /eth3 is a port of br0/],
    ["a device has children", { mode: "host-device" }, /eth1 is the parent of tag/],
    ["a device is the loopback", { mode: "host-device", parent: "lo" }, /lo is the node's loopback/],
  ];
  for (const [when, network, words] of refused)
    it(`is refused when ${when}`, () =>
      expect(() => resolve(network))
        .to.throw(words)
        .with.property("kind", "refused"));
});
