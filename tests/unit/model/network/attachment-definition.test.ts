import { expect } from "chai";
import { VnicError } from "../../../../provider/base/errors.ts";
import { readAttachment } from "../../../../provider/model/network/attachment-definition.ts";

const read = (config: unknown) =>
  readAttachment({
    metadata: { namespace: "shop", name: "lan" },
    spec: { config: typeof config === "string" ? config : JSON.stringify(config) },
  });

describe("a NetworkAttachmentDefinition", () => {
  const macvlan = { type: "macvlan", master: "eth1" };
  const bridge = { type: "bridge", bridge: "br0" };
  const onEth1 = { network: { mode: "macvlan", parent: "eth1" } };
  const onBridge = { network: { mode: "bridge", parent: "br0" } };
  const chain = (...plugins: object[]) => ({ cniVersion: "1.0.0", name: "lan", plugins: [macvlan, ...plugins] });
  const ipam = (type: string, more: object = {}) => ({ cniVersion: "0.3.1", ...macvlan, ipam: { type, ...more } });

  /** Configurations from published examples, with the expected networks and the fields without effect. */
  const understood: [what: string, config: object, read: object, unused?: string[]][] = [
    ["a macvlan", { cniVersion: "0.3.1", name: "lan", ...macvlan }, onEth1],
    ["dhcp", ipam("dhcp"), onEth1, ['spec.config.ipam "dhcp"']],
    ["whereabouts", ipam("whereabouts", { range: "192.168.50.0/24" }), onEth1, ['spec.config.ipam "whereabouts"']],
    ["static", ipam("static", { addresses: [{ address: "192.168.50.9/24" }] }), onEth1, ['spec.config.ipam "static"']],
    ["host-local", ipam("host-local", { subnet: "192.168.50.0/24" }), onEth1, ['spec.config.ipam "host-local"']],
    ["ipam null", { ...macvlan, ipam: null }, onEth1],
    ["ipam {}", { ...macvlan, ipam: {} }, onEth1],
    ["dns {}", { ...macvlan, dns: {} }, onEth1],
    ["dns", { ...macvlan, dns: { nameservers: ["192.168.50.1"] } }, onEth1, ["spec.config.dns"]],
    ["capabilities", { ...macvlan, capabilities: { ips: true, mac: true } }, onEth1, ["spec.config.capabilities"]],
    [
      "runtime hints",
      { ...macvlan, runtimeConfig: { mac: "02:00:00:00:00:01" } },
      onEth1,
      ["spec.config.runtimeConfig"],
    ],
    ["a comment", { ...macvlan, _comment: "the LAN", "//": "of the shop", description: "x" }, onEth1],
    [
      "mode private",
      { ...macvlan, mode: "private", mtu: 1400 },
      { network: { mode: "macvlan-private", parent: "eth1" }, mtu: 1400 },
    ],
    ["an empty mode", { ...macvlan, mode: "", linkInContainer: false }, onEth1],
    ["a VLAN's link", { ...macvlan, master: "eth1.100" }, { network: { mode: "macvlan", parent: "eth1.100" } }],
    ["an ipvlan", { type: "ipvlan", master: "eth1" }, { network: { mode: "ipvlan", parent: "eth1" } }],
    [
      "an ipvlan l2",
      { type: "ipvlan", master: "eth1", mode: "l2", mtu: 1500 },
      { network: { mode: "ipvlan", parent: "eth1" }, mtu: 1500 },
    ],
    ["a bridge", { ...bridge, mtu: 0 }, onBridge],
    [
      "a bridge with all that is off",
      {
        ...bridge,
        isGateway: false,
        ipMasq: false,
        vlan: 0,
        vlanTrunk: [],
        hairpinMode: false,
        macspoofchk: false,
        preserveDefaultVlan: true,
      },
      onBridge,
      ["spec.config.preserveDefaultVlan"],
    ],
    ["KubeVirt's bridge", { ...bridge, type: "cnv-bridge" }, onBridge],
    ["a device", { type: "host-device", device: "eth2" }, { network: { mode: "host-device", parent: "eth2" } }],
    [
      "a device on its bus",
      { type: "host-device", pciBusID: "0000:03:00.0" },
      { network: { mode: "host-device", parent: "0000:03:00.0" } },
    ],
    ["a list of one", chain(), onEth1],
    ["tuning with an MTU", chain({ type: "tuning", mtu: 1400 }), { ...onEth1, mtu: 1400 }],
    ["tuning with a MAC", chain({ type: "tuning", mac: "02:00:00:00:00:0A" }), { ...onEth1, mac: "02:00:00:00:00:0a" }],
    [
      "tuning with a capability",
      chain({ type: "tuning", capabilities: { mac: true } }),
      onEth1,
      ["spec.config.plugins[1].capabilities"],
    ],
    ["tuning that is off", chain({ type: "cnv-tuning", promisc: false, allmulti: false }), onEth1],
    ["tuning as we do it", chain({ type: "tuning", sysctl: { "net.ipv4.conf.IFNAME.arp_notify": "1" } }), onEth1],
    ["sbr", chain({ type: "sbr" }), { ...onEth1, repliesByNic: true }],
    [
      "bandwidth's capability",
      chain({ type: "bandwidth", capabilities: { bandwidth: true } }),
      onEth1,
      ["spec.config.plugins[1].capabilities", 'spec.config.plugins[1] "bandwidth"'],
    ],
    ["portmap", chain({ type: "portmap", snat: true }), onEth1, ['spec.config.plugins[1] "portmap"']],
    ["firewall", chain({ type: "firewall", backend: "iptables" }), onEth1, ['spec.config.plugins[1] "firewall"']],
  ];
  for (const [what, config, result, unused = []] of understood)
    it(`is accepted with ${what}`, () => expect(read(config)).to.deep.equal({ ...result, unused }));

  const refused: [config: unknown, words: RegExp][] = [
    ["", /spec\.config is empty/],
    ["no json", /spec\.config is not a JSON object/],
    [`{"type":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, /spec\.config is not a JSON object/],
    [{ type: "sriov" }, /spec\.config\.type: "sriov" is not a plugin that we know; use macvlan, ipvlan, bridge, /],
    [{ type: "vlan", master: "eth1", vlanId: 5 }, /spec\.config\.type: "vlan" is not a plugin that we know/],
    [{ type: "ovn-k8s-cni-overlay", topology: "localnet" }, /"ovn-k8s-cni-overlay" is not a plugin that we know/],
    [{ ...macvlan, mode: "vepa" }, /spec\.config\.mode: "vepa" is not a mode of ours; use "bridge" or "private"/],
    [{ type: "ipvlan", master: "eth1", mode: "l3" }, /spec\.config\.mode: "l3" is not a mode of ours; use "l2"/],
    [{ type: "macvlan" }, /spec\.config\.master: is missing/],
    [{ ...macvlan, linkInContainer: true }, /spec\.config\.linkInContainer: is not understood; leave it out/],
    [{ ...bridge, vlan: 5 }, /spec\.config\.vlan: is not understood; leave it out/],
    [{ ...bridge, isGateway: true }, /spec\.config\.isGateway: is not understood/],
    [{ plugins: [] }, /spec\.config\.plugins: has 0 plugins/],
    [{ plugins: [null] }, /spec\.config\.plugins\[0\]\.type: undefined is not a plugin that we know/],
    [{ type: "constructor" }, /spec\.config\.type: "constructor" is not a plugin that we know/],
    [{ type: { a: 1 } }, /spec\.config\.type: \{"a":1\} is not a plugin that we know/],
    [{ type: "host-device" }, /spec\.config\.device: is missing; give it, hwaddr or pciBusID/],
    [
      chain({ type: "vlan", vlanId: 5 }),
      /spec\.config\.plugins\[1\]\.type: "vlan" is not a plugin that a Vnic can follow/,
    ],
    [chain({ type: "vrf", vrfname: "blue" }), /plugins\[1\]\.type: "vrf" is not a plugin that a Vnic can follow/],
    [chain({ type: "bandwidth", ingressRate: 1000 }), /plugins\[1\]\.ingressRate: is not understood/],
    [chain({ type: "firewall", ingressPolicy: "same-bridge" }), /ingressPolicy: "same-bridge" isn't enforced/],
    [chain({ type: "tuning", promisc: true }), /plugins\[1\]\.promisc: is not understood/],
    [
      chain({ type: "tuning", sysctl: { "net.core.somaxconn": "500" } }),
      /plugins\[1\]\.sysctl: "net\.core\.somaxconn=500" is not what a Vnic sets; leave it out/,
    ],
    [
      { plugins: [{ type: "macvlan", master: "-x" }] },
      /spec\.config\.plugins\[0\]\.master: "-x" is not an interface name/,
    ],
  ];
  for (const [config, words] of refused)
    it(`is refused, with the field's name, as ${JSON.stringify(config)}`, () =>
      expect(() => read(config))
        .to.throw(words)
        .with.property("kind", "refused"));

  const large: [what: string, config: string, words: RegExp][] = [
    ["a large configuration", " ".repeat(65_537), /spec\.config has 65537 characters; at most 65536 are read/],
    [
      "a long type",
      JSON.stringify({ type: "x".repeat(60_000) }),
      /\.type: "x{100}.*\(60000 characters\) is not a plugin/,
    ],
    [
      "a long parent",
      JSON.stringify({ type: "bridge", bridge: "x".repeat(60_000) }),
      /is longer than the 63 characters/,
    ],
    [
      "many fields",
      JSON.stringify({
        type: "bridge",
        bridge: "br0",
        ...Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`k${at}`, at + 1])),
      }),
      /spec\.config\.k0: is not understood/,
    ],
  ];
  for (const [what, config, words] of large)
    it(`is refused in a short message with ${what}`, () => {
      expect(() => read(config))
        .to.throw(VnicError, words)
        .with.property("message")
        .with.lengthOf.below(1000);
    });
});
