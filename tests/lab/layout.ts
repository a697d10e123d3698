import { join } from "node:path";

/** Names, addresses and paths of the lab. They are fixed, so that `down` finds everything without a record of `up`. */

export const nodes = ["node1", "node2", "node3"] as const;
export const lanHosts = ["lan1", "lan2"] as const;
/**
 * Each machine is a network namespace; `control` has the cluster's bridge, `lan` and `leased` those of the outside
 * networks.
 */
export const machines = ["control", "lan", "leased", ...nodes, ...lanHosts] as const;

export type Machine = (typeof machines)[number];
export type Node = (typeof nodes)[number];
export type LanHost = (typeof lanHosts)[number];

/** The number of the lab on this machine, 0 to 31: with `PULUMI_VNIC_LAB`, a second checkout has a lab of its own. */
export const labNumber = readNumber(process.env["PULUMI_VNIC_LAB"] ?? "0");
const suffix = labNumber === 0 ? "" : `${labNumber}`;

export const stateDir = `/var/lib/pulumi-vnic-lab${suffix}`;
export const kubeconfigPath = join(stateDir, "kubeconfig");
/** Name of the lab's cgroup in every hierarchy. */
export const cgroup = `pulumi-vnic-lab${suffix}`;
/** The only link of the lab in the developer's own network namespace. */
export const hostLink = `vnic-lab${suffix}`;

export const netnsName = (machine: Machine): string => `vnic-lab${suffix}-${machine}`;
export const netnsPath = (machine: Machine): string => `/run/netns/${netnsName(machine)}`;
export const nodeDir = (node: Node): string => join(stateDir, "nodes", node);

export const cluster = {
  bridge: "cluster",
  host: `10.213.${labNumber}.254`,
  control: `10.213.${labNumber}.1`,
  prefixLength: 24,
  pods: `10.214.${8 * labNumber}.0/21`,
  services: "10.96.0.0/16",
  /** The `kubernetes` service. The control plane's loopback has this address, so no kube-proxy is needed. */
  api: "10.96.0.1",
  node: (node: Node): string => `10.213.${labNumber}.${11 + nodes.indexOf(node)}`,
  podsOf: (node: Node): string => `10.214.${8 * labNumber + 1 + nodes.indexOf(node)}.0/24`,
};

export const lan = {
  bridge: "lan",
  subnet: "192.168.50.0/24",
  subnet6: "fd50::/64",
  router: { ipv4: "192.168.50.1", ipv6: "fd50::1" },
  dhcp: { from: "192.168.50.100", to: "192.168.50.150" },
  hosts: {
    lan1: { ipv4: "192.168.50.201", ipv6: "fd50::201" },
    lan2: { ipv4: "192.168.50.202", ipv6: "fd50::202" },
  },
} as const;

/** A second outside network, whose DHCP server is started by tests on its only host, the machine `leased`. */
export const leased = {
  bridge: "leased",
  /** The NIC of every node that leads to the second outside network. */
  parent: "eth2",
  host: "192.168.60.1",
  prefixLength: 24,
  dhcp: { from: "192.168.60.100", to: "192.168.60.199" },
} as const;

function readNumber(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) < 32) return Number(text);
  throw new Error(`PULUMI_VNIC_LAB: ${JSON.stringify(text)} is not a number from 0 to 31`);
}
