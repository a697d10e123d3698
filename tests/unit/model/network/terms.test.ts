import { expect } from "chai";
import { deriveMac } from "../../../../provider/model/names.ts";
import { parseNetwork } from "../../../../provider/model/network/definition.ts";
import { setRanges, termProblems } from "../../../../provider/model/network/terms.ts";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { parseDefinition } from "../../../../provider/model/vnic/definition.ts";
import { parseSetDefinition } from "../../../../provider/model/vnic-set/definition.ts";

const ref = { namespace: "shop", name: "wire" };
const ranges = [
  { cidr: "192.168.50.0/24", from: "192.168.50.10", to: "192.168.50.99", exclude: ["192.168.50.30-192.168.50.40"] },
  { cidr: "fd50::/64", exclude: ["fd50::10-fd50::1f", "fd50::ff00/120"] },
];
const gateways = ["192.168.50.1", "fd50::1"];

function network(given: object = {}) {
  const parsed = parseNetwork({ name: "lan", parent: "eth1", ...given });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.definition;
}

describe("the terms of a network", () => {
  const table: [what: string, network: object, vnic: object, refusal: string | undefined][] = [
    ["any address without ranges", {}, { addresses: ["10.1.2.3/8"] }, undefined],
    ["the first address of a range", { ranges }, { addresses: ["192.168.50.10/24"] }, undefined],
    ["the last address of a range", { ranges }, { addresses: ["192.168.50.99/24"] }, undefined],
    [
      "the address before the first",
      { ranges },
      { addresses: ["192.168.50.99/24", "192.168.50.9/24"] },
      "addresses[1]: 192.168.50.9 is not in the ranges of VnicNetwork lan: 192.168.50.0/24 (192.168.50.10-192.168.50.99), fd50::/64",
    ],
    [
      "the address after the last",
      { ranges },
      { addresses: ["192.168.50.100/24"] },
      "addresses[0]: 192.168.50.100 is not in",
    ],
    [
      "an address of another subnet",
      { ranges },
      { addresses: ["10.0.0.1/8"] },
      "addresses[0]: 10.0.0.1 is not in the ranges",
    ],
    [
      "an address of a family without a range",
      { ranges: ranges.slice(0, 1) },
      { addresses: ["fd50::5/64"] },
      "is not in the ranges",
    ],
    [
      "a range's broadcast address, even with freeAddresses and another prefix length",
      { ranges: [{ cidr: "10.0.0.0/24" }], freeAddresses: true },
      { addresses: ["10.0.0.255/8"] },
      "addresses[0]: 10.0.0.255 is the network or broadcast address of a range of VnicNetwork lan",
    ],
    [
      "both addresses of a range of two",
      { ranges: [{ cidr: "10.0.0.0/31" }] },
      { addresses: ["10.0.0.1/31"] },
      undefined,
    ],
    [
      "a range's subnet-router anycast address",
      { ranges },
      { addresses: ["fd50::/128"] },
      "fd50:: is the network or broadcast address of a range",
    ],
    [
      "a link-local address, even with freeAddresses",
      { ranges, freeAddresses: true },
      { addresses: ["169.254.169.254/16"] },
      "addresses[0]: 169.254.169.254 is link-local (RFC 3927); only the ranges of VnicNetwork lan can allow it",
    ],
    [
      "a link-local address in a range",
      { ranges: [{ cidr: "169.254.0.0/16" }] },
      { addresses: ["169.254.1.1/16"] },
      undefined,
    ],
    [
      "an address for NAT64 without ranges",
      {},
      { addresses: ["64:ff9b::7/96"] },
      "64:ff9b::7 is for NAT64 (RFC 6052); only the ranges",
    ],
    ["any address with freeAddresses", { ranges, freeAddresses: true }, { addresses: ["10.0.0.1/8"] }, undefined],
    [
      "a reserved address, even with freeAddresses",
      { ranges, freeAddresses: true },
      { addresses: ["192.168.50.35/24"] },
      "addresses[0]: 192.168.50.35 is reserved on VnicNetwork lan (exclude)",
    ],
    ["a reserved address of an IPv6 span", { ranges }, { addresses: ["fd50::1a/64"] }, "fd50::1a is reserved on"],
    ["a reserved address of an IPv6 subnet", { ranges }, { addresses: ["fd50::ff07/64"] }, "fd50::ff07 is reserved on"],
    [
      "a gateway's address, even with freeAddresses",
      { gateways, freeAddresses: true },
      { addresses: ["192.168.50.1/32"] },
      "addresses[0]: 192.168.50.1 is a gateway of VnicNetwork lan",
    ],
    [
      "a gateway's IPv6 address in another notation",
      { gateways },
      { addresses: ["fd50:0::0001/64"] },
      "is a gateway of VnicNetwork lan",
    ],
    [
      "a chosen MAC",
      {},
      { mac: "52:54:00:12:34:56" },
      "mac: 52:54:00:12:34:56 may not be chosen on VnicNetwork lan; leave it out, and one is derived (macPrefixes, freeMacs)",
    ],
    ["the derived MAC given explicitly", {}, { mac: deriveMac(ref) }, undefined],
    ["another Vnic's derived MAC", {}, { mac: deriveMac({ ...ref, name: "other" }) }, "may not be chosen"],
    ["any MAC with freeMacs", { freeMacs: true }, { mac: "52:54:00:12:34:56" }, undefined],
    ["a MAC with an allowed prefix", { macPrefixes: ["52-54-00"] }, { mac: "52:54:00:12:34:56" }, undefined],
    [
      "a MAC without an allowed prefix",
      { macPrefixes: ["52:54:01"] },
      { mac: "52:54:00:12:34:56" },
      "has none of the prefixes that VnicNetwork lan allows: 52:54:01; leave it out",
    ],
    ["a MAC whose text begins like a shorter prefix", { macPrefixes: ["5"] }, {}, "not the beginning of a MAC address"],
    [
      "no duplicate address detection",
      {},
      { duplicateAddressDetection: false },
      "duplicateAddressDetection: VnicNetwork lan does not let it be switched off (allowUnprobed)",
    ],
    [
      "no duplicate address detection with allowUnprobed",
      { allowUnprobed: true },
      { duplicateAddressDetection: false },
      undefined,
    ],
    [
      "placement direct for a device, if the network is defined elsewhere",
      { mode: "host-device" },
      { placement: "direct" },
      `placement: "direct" can't be used with mode "host-device"`,
    ],
    ["placement direct for a bridge", { mode: "bridge" }, { placement: "direct" }, undefined],
    [
      "a namespace that isn't listed",
      { namespaces: ["bank", "hotel"] },
      {},
      "network.name: VnicNetwork lan is not for namespace shop; an administrator can add it to namespaces there",
    ],
    ["any namespace with an empty list", { namespaces: [] }, {}, "VnicNetwork lan is not for namespace shop"],
  ];
  for (const [what, given, vnic, refusal] of table)
    it(`${refusal === undefined ? "allow" : "refuse"} ${what}`, () => {
      const parsed = parseNetwork({ name: "lan", parent: "eth1", ...given });
      const wanted = { ...ref, pod: ref, addresses: [], mac: deriveMac(ref), ...vnic };
      const canonical = parseDefinition({
        ...wanted,
        pod: { namespace: "shop", name: "db" },
        namespace: undefined,
        network: "lan",
      });
      const definition = "definition" in canonical ? canonical.definition : wanted;
      const found = "problems" in parsed ? parsed.problems : termProblems(parsed.definition, definition);
      const words = found.map(({ property, reason }) => `${property}: ${reason}`).join("\n");
      if (refusal === undefined) expect(words).to.equal("");
      else expect(words).to.include(refusal);
    });

  it("are checked at preview for a Network of the same program, except for unknown values", () => {
    const inputs = { name: "wire", pod: { namespace: "shop", name: "db" }, addresses: ["10.0.0.1/8"] };
    const at = (definition: object) => parseDefinition({ ...inputs, network: { name: "lan", definition } });
    expect(at({ parent: "eth1", ranges })).to.have.nested.property("problems[0].property", "addresses[0]");
    expect(at({ parent: "eth1", ranges: unknownValue })).to.have.property("definition");
    const template = { network: { name: "lan", definition: { parent: "eth1", namespaces: ["shop"] } } };
    const set = (namespace: string) =>
      parseSetDefinition({ name: "set", namespace, selector: { app: "db" }, template });
    expect(set("shop")).to.have.property("definition");
    expect(set("bank")).to.have.nested.property("problems[0].property", "template.network.name");
  });
});

describe("the ranges of a VnicSet on a network", () => {
  const lan = network({ ranges, gateways });
  const reserved = ["192.168.50.30-192.168.50.40", "fd50::10-fd50::1f", "fd50::ff00/120", ...gateways];

  it("are the network's ranges, or its own within these, without reserved addresses", () => {
    const excluded = ["fd50::10-fd50::1f", "fd50::ff00/120", ...reserved];
    expect(setRanges(lan, undefined)).to.deep.include({ cidr: "fd50::/64", exclude: excluded });
    const own = [{ cidr: "192.168.50.0/24", from: "192.168.50.20", to: "192.168.50.25" }];
    expect(setRanges(lan, own)).to.deep.equal([{ ...own[0], exclude: reserved }]);
    expect(setRanges(network(), undefined)).to.equal(undefined);
    expect(setRanges(network(), own)).to.deep.equal([{ ...own[0], exclude: [] }]);
  });

  it("may not exceed the network's, unless other addresses are allowed", () => {
    const own = [{ cidr: "192.168.50.0/24", from: "192.168.50.20" }];
    expect(setRanges(lan, own)).to.have.nested.property("problem.property", "addresses[0]");
    expect(setRanges(lan, [{ cidr: "fd51::/64" }])).to.have.property("problem");
    expect(setRanges(network({ ranges, freeAddresses: true }), own)).to.have.lengthOf(1);
  });
});
