import { expect } from "chai";
import { apiVersion } from "../../provider/model/names.ts";
import { maxItems } from "../../provider/model/schema/bounds.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, installPlatform, kubectl, removeParts } from "../support/cluster.ts";

const namespace = "network-terms";

/** Networks by name, each with the addresses that its ranges exclude. */
const networks = {
  small: [
    { cidr: "192.168.50.0/24", exclude: ["192.168.50.95", "192.168.50.10-192.168.50.19", "192.168.50.128/28"] },
    { cidr: "fd50::/64", exclude: ["fd50:0:0::95", "fd50::1:0/112"] },
  ],
  // The maximum number of exclusions.
  full: [
    { cidr: "10.0.0.0/8", exclude: full((at) => `10.1.${at >> 8}.${at & 255}-10.1.${at >> 8}.${at & 255}`) },
    { cidr: "fd50::/64", exclude: full((at) => `fd50::1:${at.toString(16)}`) },
  ],
  local: [{ cidr: "169.254.0.0/16" }, { cidr: "64:ff9b::/96" }],
  subnets: [{ cidr: "10.0.0.0/8", exclude: full((at) => `10.1.${at >> 8}.${at & 255}/32`) }],
};

function full(item: (at: number) => string): string[] {
  return Array.from({ length: maxItems.exclusions }, (_, at) => item(at));
}

describe("a Network's terms at admission", () => {
  let api: ApiServer;
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await installPlatform(api.kubectl, ["policies"]);
    await applyObjects(
      api.kubectl,
      Object.entries(networks).map(([name, ranges]) => ({
        apiVersion,
        kind: "VnicNetwork",
        metadata: { name },
        spec: { mode: "macvlan", parent: "eth1", gateways: ["192.168.50.1", "fd50::1"], ranges },
      })),
    );
    const free = { mode: "macvlan", parent: "eth1", freeAddresses: true };
    await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicNetwork", metadata: { name: "free" }, spec: free }]);
    const device = { mode: "host-device", parent: "eth7" };
    await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicNetwork", metadata: { name: "device" }, spec: device }]);
    for (const network of Object.keys(networks))
      await until(`Network ${network} to be judged by`, 30, async () =>
        (await admit(network, ["203.0.113.5/24"])).includes("not in the ranges") ? true : undefined,
      );
  });
  after(async () => {
    await api.kubectl(["delete", "vnicnetwork", "free", "device", ...Object.keys(networks)]);
    await removeParts(api.kubectl, "policies");
  });

  async function admit(network: string, addresses: readonly string[], more: object = {}): Promise<string> {
    const spec = { pod: { name: "db" }, network: { name: network }, addresses, ...more };
    const record = { apiVersion, kind: "Vnic", metadata: { name: "wire", namespace }, spec };
    return (await api.tryCreate(record)).stderr;
  }

  const reserved = [
    ...["192.168.50.95/24", "192.168.50.95/32", "192.168.50.10/24", "192.168.50.19/24", "192.168.50.143/24"],
    ...["FD50::95/64", "fd50:0::0:95/64", "fd50::0.0.0.149/64", "fd50::1:7/64"],
  ];
  for (const address of reserved)
    it(`refuse the reserved address ${address} in this notation`, async () => {
      const host = address.split("/")[0]!;
      expect(await admit("small", [address])).to.include(`addresses: ${host} is reserved on VnicNetwork small`);
    });

  for (const address of ["FD50::1/64", "fd50:0:0::1/64", "fd50::0.0.0.1/64", "192.168.50.1/25"])
    it(`refuse a gateway's address ${address} in this notation`, async () =>
      expect(await admit("small", [address])).to.include("is a gateway of VnicNetwork small"));

  for (const address of ["192.168.50.9/24", "192.168.50.20/24", "192.168.50.144/24", "fd50::96/64", "fd50::2:0/64"])
    it(`allow ${address}, next to reserved addresses`, async () =>
      expect(await admit("small", [address])).to.equal(""));

  for (const address of ["192.168.50.0/8", "192.168.50.255/23", "fd50::/128", "fd50:0:0::0/127"])
    it(`refuse ${address}, an end of a range's subnet`, async () =>
      expect(await admit("small", [address])).to.include(
        "is the network or broadcast address of a range of VnicNetwork",
      ));

  it("allow addresses that are link-local or for NAT64 only if ranges contain them", async () => {
    expect(await admit("local", ["169.254.1.1/16", "64:ff9b::7/96"])).to.equal("");
    expect(await admit("free", ["192.168.50.7/24"])).to.equal("");
    const only = "only the ranges of VnicNetwork free can allow it";
    expect(await admit("free", ["169.254.1.1/16"])).to.include(`169.254.1.1 is link-local (RFC 3927); ${only}`);
    expect(await admit("free", ["64:FF9B:0::7/96"])).to.include(`64:FF9B:0::7 is for NAT64 (RFC 6052); ${only}`);
  });

  it("refuse placement direct only on a network of devices, with the message of the preview", async () => {
    const direct = { placement: "direct" };
    expect(await admit("free", ["192.168.50.7/24"], direct)).to.equal("");
    expect(await admit("device", ["192.168.50.7/24"])).to.equal("");
    expect(await admit("device", ["192.168.50.7/24"], direct)).to.include(
      `placement: "direct" can't be used with mode "host-device", whose device exists already`,
    );
  });

  // A policy that exceeds the API server's cost limit refuses everything.
  it("stay within the cost limit of CEL with the maximum of exclusions and addresses", async () => {
    const hosts = Array.from({ length: maxItems.addresses }, (_, at) => at + 1);
    const ipv4 = hosts.map((host) => `10.2.0.${host}/8`);
    const ipv6 = hosts.map((host) => `fd50::2:${host}/64`);
    expect(await admit("full", ipv4)).to.equal("");
    expect(await admit("full", ipv6)).to.equal("");
    expect(await admit("subnets", ipv4)).to.equal("");
    expect(await admit("full", ["10.2.0.1/8", "10.1.3.255/8"])).to.include("10.1.3.255 is reserved");
    expect(await admit("subnets", ["10.1.3.255/8"])).to.include("10.1.3.255 is reserved");
  });

  it("take no time for Vnics on other Networks, however many and large these are", async () => {
    const addresses = Array.from({ length: maxItems.addresses }, (_, at) => `192.168.50.${at + 160}/24`);
    const fastest = async () => {
      let least = Infinity;
      for (let turn = 0; turn < 3; turn++) {
        const began = performance.now();
        expect(await admit("small", addresses)).to.equal("");
        least = Math.min(least, performance.now() - began);
      }
      return least;
    };
    const alone = await fastest();
    const spec = { mode: "macvlan", parent: "eth1", ranges: networks.full };
    const items = Array.from({ length: 30 }, (_, at) => ({
      ...{ apiVersion, kind: "VnicNetwork", metadata: { name: `large-${at}`, labels: { large: "" } }, spec },
    }));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kubectl(api.kubectl, ["create", "-f", "-"], list);
    await until("the last one to be judged by", 30, async () =>
      (await admit("large-29", ["203.0.113.5/24"])).includes("not in the ranges") ? true : undefined,
    );
    const beside = await fastest();
    await kubectl(api.kubectl, ["delete", "vnicnetworks", "-l", "large"]);
    // Evaluated for each of them, the policy took more than 200 ms for each one.
    expect(beside).to.be.below(alone + 3000);
  });
});
