import { expect } from "chai";
import { addressesOfNode, clusterAddressProblems } from "../../../../provider/model/network/cluster-addresses.ts";

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
});
