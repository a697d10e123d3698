import { existsSync } from "node:fs";
import { rm, rmdir, writeFile } from "node:fs/promises";
import {
  cluster,
  hostLink,
  lan,
  lanHosts,
  leased,
  machines,
  netnsName,
  netnsPath,
  nodes,
  type Machine,
} from "./layout.ts";
import { must, run, until } from "./run.ts";

const control = netnsName("control");
const outside = netnsName("lan");

/**
 * Creates all namespaces, bridges, links and addresses. Both bridges are in their own namespaces, so that the
 * developer's routes and firewall can't affect the tests.
 */
export async function makeNetwork(): Promise<void> {
  for (const machine of machines) await must(["ip", "netns", "add", netnsName(machine)]);
  await ip(undefined, [
    `link add ${hostLink} type veth peer name host netns ${control}`,
    ...nodes.flatMap((node) => [
      `link add eth0 netns ${netnsName(node)} type veth peer name ${node} netns ${control}`,
      `link add eth1 netns ${netnsName(node)} type veth peer name ${node} netns ${outside}`,
      `link add ${leased.parent} netns ${netnsName(node)} type veth peer name ${node} netns ${netnsName("leased")}`,
    ]),
    ...lanHosts.map((host) => `link add eth0 netns ${netnsName(host)} type veth peer name ${host} netns ${outside}`),
    `address add ${cluster.host}/${cluster.prefixLength} dev ${hostLink}`,
    `link set ${hostLink} up`,
    `route add ${cluster.pods} via ${cluster.control}`,
  ]);
  await ip("control", [
    ...bridge(cluster.bridge, ["host", ...nodes]),
    `address add ${cluster.control}/${cluster.prefixLength} dev ${cluster.bridge}`,
    `address add ${cluster.api}/32 dev lo`,
    ...nodes.map((node) => `route add ${cluster.podsOf(node)} via ${cluster.node(node)}`),
  ]);
  await ip("lan", [
    ...bridge(lan.bridge, [...nodes, ...lanHosts]),
    `address add ${lan.router.ipv4}/24 dev ${lan.bridge}`,
    `address add ${lan.router.ipv6}/64 dev ${lan.bridge} nodad`,
  ]);
  await ip("leased", [
    ...bridge(leased.bridge, nodes),
    `address add ${leased.host}/${leased.prefixLength} dev ${leased.bridge}`,
    // The route for broadcasts to 255.255.255.255.
    `route add default dev ${leased.bridge}`,
  ]);
  for (const node of nodes) {
    await ip(node, [
      "link set lo up",
      "link set eth0 up",
      "link set eth1 up",
      `link set ${leased.parent} up`,
      `address add ${cluster.node(node)}/${cluster.prefixLength} dev eth0`,
      `route add default via ${cluster.control}`,
      ...nodes
        .filter((other) => other !== node)
        .map((other) => `route add ${cluster.podsOf(other)} via ${cluster.node(other)}`),
    ]);
  }
  for (const host of lanHosts) {
    await ip(host, [
      "link set lo up",
      "link set eth0 up",
      `address add ${lan.hosts[host].ipv4}/24 dev eth0`,
      `address add ${lan.hosts[host].ipv6}/64 dev eth0 nodad`,
    ]);
  }
  for (const machine of ["control", ...nodes] as const) {
    await must(["nsenter", `--net=${netnsPath(machine)}`, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  }
}

/** Removes what `makeNetwork` created; a namespace's links are removed with it. */
export async function removeNetwork(): Promise<void> {
  await run(["ip", "link", "delete", hostLink]);
  for (const machine of machines) {
    if (existsSync(netnsPath(machine))) await must(["ip", "netns", "delete", netnsName(machine)]);
  }
  await until(`the end of link ${hostLink}`, 10, () => (existsSync(`/sys/class/net/${hostLink}`) ? undefined : true));
}

/**
 * The first `ip netns add` on a machine makes /run/netns a mount point. Call this function before, so that
 * `forgetNetnsDir` can undo that.
 */
export async function rememberNetnsDir(marker: string): Promise<void> {
  if (!existsSync("/run/netns")) await writeFile(marker, "");
}

export async function forgetNetnsDir(marker: string): Promise<void> {
  if (!existsSync(marker)) return;
  await run(["umount", "--quiet", "/run/netns"]);
  await rmdir("/run/netns").catch(() => undefined); // Other programs have namespaces there by now.
  await rm(marker);
}

function bridge(name: string, ports: readonly string[]): string[] {
  return [
    "link set lo up",
    `link add ${name} type bridge`,
    `link set ${name} up`,
    ...ports.flatMap((port) => [`link set ${port} master ${name}`, `link set ${port} up`]),
  ];
}

/** Runs several `ip` commands in a machine's namespace or in ours. */
async function ip(machine: Machine | undefined, commands: readonly string[]): Promise<void> {
  const where = machine === undefined ? [] : ["-n", netnsName(machine)];
  await must(["ip", ...where, "-batch", "-"], { input: commands.join("\n") });
}
