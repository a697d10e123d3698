import { expect } from "chai";
import fc from "fast-check";
import { contains } from "../../../../provider/base/address.ts";
import { maxItems } from "../../../../provider/model/schema/bounds.ts";
import {
  addressesOfNode,
  clusterAddressProblems,
  virtualNetworks,
} from "../../../../provider/model/network/cluster-addresses.ts";

const held = [
  ...addressesOfNode({
    metadata: { name: "worker-1" },
    spec: { podCIDRs: ["10.244.1.0/24", "fd44:1::/64"] },
    status: {
      addresses: [
        { type: "InternalIP", address: "192.168.50.11" },
        { type: "ExternalIP", address: "2001:db8::11" },
        { type: "Hostname", address: "worker-1" },
      ],
    },
  }),
  { holder: "the cluster's services", value: "10.96.0.0/16" },
  { holder: "the API server", value: "not-an-address" },
];
const words = (...addresses: string[]) =>
  clusterAddressProblems(addresses, held).map(({ property, reason }) => `${property}: ${reason}`);

describe("the cluster's own addresses", () => {
  it("are those of nodes, pods and services, with any prefix length", () => {
    expect(words("10.0.0.1/8", "192.168.50.11/24")).to.deep.equal([
      "addresses[1]: 192.168.50.11 belongs to node worker-1; choose another",
    ]);
    expect(words("2001:db8:0::11/128", "fd44:1::7/48")).to.deep.equal([
      "addresses[0]: 2001:db8:0::11 belongs to node worker-1; choose another",
      "addresses[1]: fd44:1::7 is in fd44:1::/64, which belongs to the pods of node worker-1; choose another",
    ]);
    expect(words("10.96.0.1/32")).to.deep.equal([
      "addresses[0]: 10.96.0.1 is in 10.96.0.0/16, which belongs to the cluster's services; choose another",
    ]);
  });

  it("are only these", () => expect(words("192.168.50.12/24", "10.244.2.1/16", "2001:db8::12/64")).to.deep.equal([]));

  it("are few of each node, however many its kubelet reports", () => {
    const addresses = Array.from({ length: 1000 }, (_, n) => ({
      type: "InternalIP",
      address: `10.9.${n >> 8}.${n % 256}`,
    }));
    expect(addressesOfNode({ metadata: { name: "worker-1" }, status: { addresses } })).to.have.length(
      maxItems.nodeAddresses,
    );
  });
});

describe("what a node says of itself", () => {
  const wide = ["0.0.0.0/0", "::/0", "10.0.0.0-10.255.255.255", "10.0.0.0/8"];

  it("names single hosts as its own", () =>
    expect(
      addressesOfNode({
        metadata: { name: "worker-1" },
        status: { addresses: [...wide, "worker-1", "10.9.0.1"].map((address) => ({ type: "InternalIP", address })) },
      }),
    ).to.deep.equal([{ holder: "node worker-1", value: "10.9.0.1" }]));

  it("has its own pods in no range that is wider than those of whole clusters", () => {
    const podCIDRs = ["0.0.0.0/0", "10.0.0.0/15", "::/0", "fd00::/47", "10.244.0.0/16", "fd44::/48"];
    expect(addressesOfNode({ spec: { podCIDRs } }).map(({ value }) => value)).to.deep.equal([
      "10.244.0.0/16",
      "fd44::/48",
    ]);
  });
});

describe("the networks that exist only within the cluster", () => {
  const networks = (...values: string[]) =>
    virtualNetworks(values.map((value) => ({ holder: "the pods", value, isVirtual: true })));

  it("are the IPv4 networks of pods and services, and no address of a node", () =>
    expect(
      virtualNetworks([
        ...held,
        { holder: "the API server", value: "10.96.0.1", isVirtual: true },
        { holder: "the cluster's services", value: "10.96.0.0/12", isVirtual: true },
      ]),
    ).to.deep.equal(["10.96.0.0/12", "10.244.1.0/24"]));

  it("are merged where they adjoin or overlap", () => {
    expect(networks("10.244.2.0/24", "10.244.0.0/24", "10.244.1.0/24", "10.244.3.0/24")).to.deep.equal([
      "10.244.0.0/22",
    ]);
    expect(networks("10.244.1.0/24", "10.244.2.0/24")).to.deep.equal(["10.244.1.0/24", "10.244.2.0/24"]);
    expect(networks("10.0.0.0/8", "11.0.0.0/8")).to.deep.equal(["10.0.0.0/8", "11.0.0.0/8"]);
  });

  it("contain every address that the single networks contain, and are few, however many nodes there are", () => {
    const network = fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 12, max: 28 }));
    fc.assert(
      fc.property(fc.array(network, { maxLength: 40 }), (parts) => {
        const values = parts.map(([second, third, prefix]) => `10.${second}.${third}.0/${prefix}`);
        const merged = networks(...values);
        for (const value of values)
          expect(
            merged.some((one) => contains(one, value)),
            value,
          ).to.equal(true);
        for (const one of merged)
          expect(
            values.some((value) => contains(one, value)),
            one,
          ).to.equal(true);
      }),
      { numRuns: 200 },
    );
    const everyOther = Array.from({ length: 5000 }, (_, node) => `10.${192 + (node >> 7)}.${(node & 127) * 2}.0/24`);
    const many = networks(...everyOther);
    expect(many.length).to.be.at.most(maxItems.clusterNetworks);
    for (const value of everyOther) expect(many.some((one) => contains(one, value))).to.equal(true);
  });
});
