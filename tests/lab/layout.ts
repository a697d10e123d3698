import { join } from "node:path";

/** What the lab consists of: names, addresses and paths, so that `down` finds everything without having seen `up`. */

export const nodes = ["node1", "node2", "node3"] as const;
export const lanHosts = ["lan1", "lan2"] as const;
/** Each machine is a network namespace; `control` holds the cluster's bridge, `lan` the outside network's. */
export const machines = ["control", "lan", ...nodes, ...lanHosts] as const;

export type Machine = (typeof machines)[number];
export type Node = (typeof nodes)[number];
export type LanHost = (typeof lanHosts)[number];

export const stateDir = "/var/lib/pulumi-vnic-lab";
export const kubeconfigPath = join(stateDir, "kubeconfig");
/** Name of the lab's cgroup in every hierarchy. */
export const cgroup = "pulumi-vnic-lab";
/** The one link the lab puts into the developer's own network namespace. */
export const hostLink = "vnic-lab";

export const netnsName = (machine: Machine): string => `vnic-lab-${machine}`;
export const netnsPath = (machine: Machine): string => `/run/netns/${netnsName(machine)}`;
export const nodeDir = (node: Node): string => join(stateDir, "nodes", node);

export const cluster = {
  bridge: "cluster",
  host: "10.213.0.254",
  control: "10.213.0.1",
  prefixLength: 24,
  pods: "10.214.0.0/16",
  services: "10.96.0.0/16",
  /** The `kubernetes` service. The control plane's loopback has this address, so no kube-proxy is needed. */
  api: "10.96.0.1",
  node: (node: Node): string => `10.213.0.${11 + nodes.indexOf(node)}`,
  podsOf: (node: Node): string => `10.214.${1 + nodes.indexOf(node)}.0/24`,
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
