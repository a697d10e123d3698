import { expect } from "chai";
import { join } from "node:path";
import { Network } from "../../sdk/network.ts";
import { Platform } from "../../sdk/platform.ts";
import { Vnic } from "../../sdk/vnic.ts";
import { VnicSet } from "../../sdk/vnic-set.ts";
import { root } from "../support/documents.ts";
import { type Analyzed, PolicyProcess } from "./policy-process.ts";

const digest = `registry.example/node@sha256:${"0".repeat(64)}`;
const vnic = (props: object): Analyzed => ({
  type: Vnic.__pulumiType,
  props: { pod: { namespace: "shop", name: "db-0" }, network: { name: "lan" }, mac: "02:00:00:00:00:0a", ...props },
});
const set = (props: object): Analyzed => ({
  type: VnicSet.__pulumiType,
  props: { selector: { app: "db" }, template: { network: { name: "lan" } }, ...props },
});
const network = (props: object): Analyzed => ({ type: Network.__pulumiType, props: { parent: "eth1", ...props } });
const platform = (props: object): Analyzed => ({ type: Platform.__pulumiType, props });

const cases: [what: string, resource: Analyzed, violations: string[]][] = [
  ["a Vnic as it should be", vnic({ addresses: ["192.168.50.10/24"] }), []],
  [
    "a Vnic on another Network",
    vnic({ network: { name: "wan" } }),
    ["allowed-networks: network.name: wan is none of the allowed Networks: lan"],
  ],
  [
    "a Vnic on an inline network",
    vnic({ network: { parent: "eth1" } }),
    ["allowed-networks: network.parent: eth1 is none of the allowed parents: none"],
  ],
  [
    "a Vnic with an address outside of the LAN",
    vnic({ addresses: ["192.168.50.10/24", "192.168.51.10/24"] }),
    ["allowed-ranges: addresses[1]: 192.168.51.10/24 is in none of the allowed subnets: 192.168.50.0/24"],
  ],
  [
    "a Vnic with an address of a Service",
    vnic({ addresses: ["10.96.0.9/24"] }),
    [
      "allowed-ranges: addresses[0]: 10.96.0.9/24 is in none of the allowed subnets: 192.168.50.0/24",
      "not-the-cluster: addresses[0]: 10.96.0.9/24 overlaps with 10.96.0.0/12, which is the cluster's own",
    ],
  ],
  [
    "a Vnic with the MAC of hardware",
    vnic({ mac: "00:50:56:00:00:0a" }),
    [
      "local-macs: mac: 00:50:56:00:00:0a is not locally administered and unicast; its second digit must be 2, 6, a or e",
    ],
  ],
  ["a VnicSet as it should be", set({ addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.80" }] }), []],
  [
    "a VnicSet on another Network",
    set({ template: { network: "wan" } }),
    ["allowed-networks: network.name: wan is none of the allowed Networks: lan"],
  ],
  ["a Network as it should be", network({ ranges: [{ cidr: "192.168.50.0/24" }] }), []],
  [
    "a Network whose range has the cluster's pods in it",
    network({ ranges: [{ cidr: "10.0.0.0/8" }] }),
    [
      "allowed-ranges: ranges[0].cidr: 10.0.0.0/8 is in none of the allowed subnets: 192.168.50.0/24",
      "not-the-cluster: ranges[0].cidr: 10.0.0.0/8 overlaps with 10.96.0.0/12, which is the cluster's own",
      "not-the-cluster: ranges[0].cidr: 10.0.0.0/8 overlaps with 10.244.0.0/16, which is the cluster's own",
    ],
  ],
  ["a Platform with a pinned image", platform({ image: digest }), []],
  [
    "a Platform with a tag",
    platform({ image: "registry.example/node:0.1.0" }),
    ["image-by-digest: image: registry.example/node:0.1.0 has no digest"],
  ],
  ["another resource", { type: "kubernetes:core/v1:Pod", props: { addresses: ["10.96.0.9/24"] } }, []],
];

describe("the policy pack of examples/policy, in Pulumi's process for policy packs", () => {
  let pack: PolicyProcess;
  before(async () => {
    pack = await PolicyProcess.start(join(root, "examples", "policy"));
  });
  after(() => pack.stop());

  for (const [what, resource, violations] of cases)
    it(`${violations.length === 0 ? "accepts" : "refuses"} ${what}`, async () =>
      expect(await pack.analyze(resource)).to.deep.equal(violations));

  it("limits the number of Vnics of each pod", async () => {
    const of = (name: string, count: number) =>
      Array.from({ length: count }, () => vnic({ pod: { namespace: "shop", name } }));
    expect(await pack.analyzeStack([...of("db-0", 4), ...of("db-1", 4)])).to.deep.equal([]);
    expect(await pack.analyzeStack([...of("db-0", 5), ...of("db-1", 4)])).to.deep.equal([
      "vnics-per-pod: pod shop/db-0 has 5 Vnics; at most 4",
    ]);
  });

  it("follows its configuration", async () => {
    await pack.configure({
      "allowed-networks": { parents: ["eth1"] },
      "allowed-ranges": { subnets: ["192.168.51.0/24", "fd50::/64"] },
      "vnics-per-pod": { most: 1 },
    });
    const wide = vnic({ network: { parent: "eth1" }, addresses: ["192.168.51.10/24", "fd50::10/64"] });
    expect(await pack.analyze(wide)).to.deep.equal([]);
    expect(await pack.analyzeStack([wide, wide])).to.deep.equal([
      "vnics-per-pod: pod shop/db-0 has 2 Vnics; at most 1",
    ]);
    await pack.configure();
  });
});
