import { expect } from "chai";
import { parseDefinition } from "../../provider/model/vnic/definition.ts";
import { apiVersion, labels as ourLabels } from "../../provider/model/names.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";

/** Mistakes, and the message that both the preview and the admission give. */
const table: [what: string, wrong: object, words: string][] = [
  ["an invalid pod name", { pod: { name: "Db_0" } }, `"Db_0" is not a Kubernetes name: use a-z, 0-9, "-" and "."`],
  [
    "an address without a prefix length",
    { addresses: ["192.168.50.10"] },
    `"192.168.50.10" is not a CIDR address; write it like`,
  ],
  ["a text that isn't an address", { addresses: ["net/24"] }, `"net/24" is not a CIDR address; write it like`],
  ["an impossible octet", { addresses: ["192.168.50.300/24"] }, `"192.168.50.300/24" is not a CIDR address`],
  ["the unspecified address", { addresses: ["0.0.0.0/24"] }, `"0.0.0.0/24" is the unspecified address`],
  ["a loopback address", { addresses: ["127.0.0.1/8"] }, `"127.0.0.1/8" is a loopback address`],
  ["a multicast address", { addresses: ["224.0.0.5/24"] }, `"224.0.0.5/24" is a multicast address`],
  ["a multicast address of IPv6", { addresses: ["ff02::1/64"] }, `"ff02::1/64" is a multicast address`],
  ["an address of this network", { addresses: ["0.1.2.3/24"] }, `"0.1.2.3/24" is in 0.0.0.0/8, which means`],
  ["a reserved address", { addresses: ["240.0.0.1/24"] }, `"240.0.0.1/24" is in 240.0.0.0/4, which is reserved`],
  [
    "the network address of a subnet",
    { addresses: ["192.168.48.0/22"] },
    `"192.168.48.0/22" is the network address of its own subnet`,
  ],
  [
    "the broadcast address of a subnet",
    { addresses: ["192.168.51.255/22"] },
    `"192.168.51.255/22" is the broadcast address of its own subnet`,
  ],
  [
    "the subnet-router anycast address",
    { addresses: ["fd50:0:0:7::/64"] },
    `"fd50:0:0:7::/64" is the subnet-router anycast address of its own subnet`,
  ],
  ["an IPv4-compatible address", { addresses: ["::c0a8:3201/120"] }, "is an IPv4-compatible IPv6 address"],
  ["the broadcast address", { addresses: ["255.255.255.255/24"] }, `"255.255.255.255/24" is the broadcast address`],
  [
    "a link-local address of IPv6",
    { addresses: ["fe80::1/64"] },
    `"fe80::1/64" is a link-local address, which the kernel`,
  ],
  ["the same address twice", { addresses: ["192.168.50.10/24", "192.168.50.10/16"] }, "is the same address as"],
  ["an incomplete MAC", { mac: "02:00:5e" }, `"02:00:5e" is not a MAC address; write it like "02:00:5e:10:00:01"`],
  ["the zero MAC", { mac: "00:00:00:00:00:00" }, `"00:00:00:00:00:00" is the zero MAC address, which no NIC may have`],
  ["the broadcast MAC", { mac: "ff:ff:ff:ff:ff:ff" }, `"ff:ff:ff:ff:ff:ff" is the broadcast MAC address`],
  ["a multicast MAC", { mac: "03:00:5e:10:00:01" }, `"03:00:5e:10:00:01" is a multicast MAC address; the lowest bit`],
  [
    "a long interface name",
    { interfaceName: "a234567890123456" },
    "is longer than the kernel's 15 characters (IFNAMSIZ)",
  ],
  [
    "an interface name that begins with a digit",
    { interfaceName: "9net" },
    `"9net" is not an interface name: begin with a-z`,
  ],
  [
    "a reserved interface name",
    { interfaceName: "eth0" },
    `"eth0" is reserved in every pod; choose another, like "net1"`,
  ],
  ["an unknown deletion policy", { deletionPolicy: "keep" }, `"keep" is not a deletion policy; use "detach"`],
  ["an unknown placement", { placement: "here" }, `"here" is not a placement; use "moved"`],
  [
    "a device that is to be made in the pod",
    { network: { parent: "eth1", mode: "host-device" }, placement: "direct" },
    `placement: "direct" can't be used with mode "host-device", whose device exists already`,
  ],
  [
    "an MTU below IPv6's minimum",
    { addresses: ["fd50::10/64"], mtu: 1000 },
    "is below 1280, the minimum of IPv6 (RFC 8200)",
  ],
];

describe("admission of a record from kubectl refuses, with the message of the preview,", () => {
  let api: ApiServer;
  const namespace = "admission";
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
  });

  const right = { pod: { name: "db-0" }, network: { parent: "eth1" }, addresses: ["192.168.50.10/24"] };
  const admit = async (spec: object) => {
    const record = { apiVersion, kind: "Vnic", metadata: { namespace, name: "wire" }, spec };
    return api.tryCreate(record);
  };

  it("no address beside those, and none of a subnet of one or two addresses", async () => {
    const addresses = [
      ...[
        "192.168.51.255/21",
        "192.168.51.254/22",
        "192.168.48.1/22",
        "191.255.255.255/32",
        "10.0.0.0/31",
        "10.0.0.1/31",
      ],
      ...[
        "1.0.0.0/7",
        "223.255.255.254/8",
        "fd50::/127",
        "fd51::/128",
        "fd50::ffff/64",
        "fd52::ffff:ffff:ffff:ffff/64",
      ],
    ];
    expect((await admit({ ...right, addresses })).stderr).to.equal("");
    expect(parseDefinition({ name: "wire", ...right, addresses })).to.have.property("definition");
  });

  it("nothing in a valid record", async () => {
    const { code, stderr } = await admit({ ...right, mac: "02-00-5E-10-00-01", interfaceName: "lan0", mtu: 9000 });
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
  });

  for (const [what, wrong, words] of table)
    it(what, async () => {
      const spec = { ...right, ...wrong };
      const parsed = parseDefinition({ name: "wire", ...spec });
      if (!("problems" in parsed)) throw new Error("passes at preview");
      expect(parsed.problems.map(({ property, reason }) => `${property}: ${reason}`).join("\n")).to.include(words);
      const { code, stderr } = await admit(spec);
      expect(code).to.not.equal(0);
      expect(stderr).to.include(words);
    });

  const named = { name: "lan" };
  const more: [what: string, kind: string, name: string, network: object, words: string][] = [
    [
      "a Vnic's name that is longer than a label",
      "Vnic",
      "a".repeat(64),
      named,
      "name: is not a name for it: use at most 63",
    ],
    [
      "a Vnic's name with a dot",
      "Vnic",
      "db.wire",
      named,
      `name: is not a name for it: use at most 63 of a-z, 0-9 and "-"`,
    ],
    ["a VnicSet's name with a dot", "VnicSet", "db.wires", named, "name: is not a name for it"],
    ["a VnicSet's name that is too long", "VnicSet", "a".repeat(53), named, "longer than the 52 characters"],
    ["a VLAN beside a Network's name", "Vnic", "wire", { ...named, vlan: 7 }, "mode and vlan go with parent"],
    [
      "a mode beside a Network's name",
      "VnicSet",
      "wires",
      { ...named, mode: "host-device" },
      "mode and vlan go with parent",
    ],
    [
      "a path for an attachment definition",
      "Vnic",
      "wire",
      { networkAttachmentDefinition: "admission/../other/lan" },
      "is not the name of a NetworkAttachmentDefinition",
    ],
  ];
  for (const [what, kind, name, network, words] of more)
    it(what, async () => {
      const spec =
        kind === "Vnic" ? { pod: { name: "db-0" }, network } : { selector: { app: "db" }, template: { network } };
      const record = { apiVersion, kind, metadata: { namespace, name }, spec };
      const { code, stderr } = await api.tryCreate(record);
      expect(code).to.not.equal(0);
      expect(stderr).to.include(words);
    });

  it("a label of our group in a VnicSet's template, and not in its selector", async () => {
    for (const key of [ourLabels.network, `${ourLabels.address}7`]) {
      const set = (selector: string, labels: object) => ({
        ...{ apiVersion, kind: "VnicSet", metadata: { namespace, name: "wires" } },
        spec: { selector: { [selector]: "a" }, template: { network: right.network, labels } },
      });
      const { stderr } = await api.tryCreate(set("app", { [key]: "a" }));
      expect(stderr).to.include("labels: ").and.to.include("has a key of pulumi-vnic.dev, which is reserved");
      expect((await api.tryCreate(set(key, { app: "a" }))).stderr).to.not.include("reserved");
    }
  });

  it("a device that is to be made in the pod, in a VnicSet's template and in a Network", async () => {
    const network = { mode: "host-device", parent: "eth7" };
    const template = { network, placement: "direct" };
    for (const record of [
      { kind: "VnicSet", metadata: { namespace, name: "wires" }, spec: { selector: { app: "db" }, template } },
      { kind: "VnicNetwork", metadata: { name: "devices" }, spec: { ...network, placement: "direct" } },
    ]) {
      const { stderr } = await api.tryCreate({ apiVersion, ...record });
      expect(stderr, record.kind).to.include(`placement: "direct" can't be used with mode "host-device"`);
    }
  });

  it("a Network's name with a dot", async () => {
    const spec = { mode: "macvlan", parent: "eth1" };
    const record = { apiVersion, kind: "VnicNetwork", metadata: { name: "lan.a" }, spec };
    const { stderr } = await api.tryCreate(record);
    expect(stderr).to.include("name: is not a name for it");
  });
});
