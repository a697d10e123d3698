import { expect } from "chai";
import type { NodeNetwork } from "../../../provider/model/network/mode.ts";
import { resolveParent } from "../../../provider/node/parent-link.ts";
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
  link("twin1", { mac: "52:54:00:00:00:99" }),
  link("twin2", { mac: "52:54:00:00:00:99" }),
];
const resolve = (network: Partial<NodeNetwork>) =>
  resolveParent({ mode: "macvlan", parent: "eth1", ...network }, links);

describe("what a node offers", () => {
  const found: [what: string, network: Partial<NodeNetwork>, parent: string][] = [
    ["by name", { parent: "eth1" }, "eth1"],
    ["by an address in a subnet", { parent: "10.0.0.0/24" }, "eth0"],
    ["by an address in an IPv6 subnet", { parent: "fd00::/64" }, "eth0"],
    ["by MAC, not what hangs on it", { parent: "52:54:00:00:00:11" }, "eth1"],
    ["under the VLAN of a bridge's port", { parent: "52:54:00:00:00:13", vlan: 5 }, "vl"],
    ["by PCI address", { parent: "0000:00:04.0" }, "eth1"],
    ["a link of that VLAN that somebody made", { vlan: 100 }, "tag"],
    ["a link of that VLAN to be made", { vlan: 101 }, "vl"],
    ["a bridge", { mode: "bridge", parent: "br0" }, "br0"],
    ["a device, even one that is down", { mode: "host-device", parent: "eth2" }, "eth2"],
  ];
  for (const [what, network, parent] of found)
    it(`is found ${what}`, () => expect(resolve(network).parent).to.match(new RegExp(`^${parent}`)));

  it("is, with a device, what it is to be again", () =>
    expect(resolve({ mode: "host-device", parent: "eth2" }).former).to.deep.equal({
      name: "eth2",
      mac: "52:54:00:00:00:12",
      mtu: 1500,
      up: false,
    }));

  const refused: [when: string, network: Partial<NodeNetwork>, words: RegExp][] = [
    ["no such name", { parent: "eth9" }, /there is no interface "eth9" on the node; it has eth0, eth1, /],
    [
      "no such subnet",
      { parent: "10.9.0.0/24" },
      /there is no interface with an address in 10\.9\.0\.0\/24 on the node/,
    ],
    ["two of that MAC", { parent: "52:54:00:00:00:99" }, /twin1 and twin2 on the node both are interfaces with MAC/],
    ["the parent is down", { parent: "eth2" }, /interface "eth2" on the node is down; bring it up first/],
    ["it is no bridge", { mode: "bridge" }, /eth1 is no bridge on the node; it has br0$/],
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
      "the parent, by MAC and not the bridge that took it over, is its port",
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
