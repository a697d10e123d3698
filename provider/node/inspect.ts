import { messageOf } from "../base/errors.ts";
import type { NodeNetwork } from "../model/network/mode.ts";
import type { InspectResult } from "../model/wire/session-protocol.ts";
import { resolveParent, findParent } from "./parent-link.ts";
import { type Link, listLinks } from "./link.ts";
import { checkWritable } from "./resource-file.ts";
import { start } from "./run.ts";

/** Link kinds that modes need, each with the command that creates one on a veth pair `vp`, `vq`. */
const kinds = {
  macvlan: "link add t1 link vp type macvlan mode bridge",
  bridge: "link add t2 type bridge",
  vlan: "link add t3 link vp type vlan id 2",
  ipvlan: "link add t4 link vq type ipvlan mode l2",
} as const;

/** Checks what the node offers for these networks, and that its disk takes resource files; leaves everything as it is. */
export async function inspect(networks: readonly NodeNetwork[]): Promise<InspectResult> {
  const [links, missingKinds] = await Promise.all([listLinks("node"), findMissingKinds(), checkWritable()]);
  return {
    time: new Date().toISOString(),
    missingKinds,
    networks: networks.map((network) => inspectNetwork(network, links)),
  };
}

function inspectNetwork(network: NodeNetwork, links: readonly Link[]): InspectResult["networks"][number] {
  try {
    resolveParent(network, links);
    const { name, mtu, carries = false } = findParent(network.parent, links);
    return { parent: name, mtu, carrier: carries };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/**
 * Finds the link kinds that the kernel doesn't have and can't load. On-demand modules can't be listed in advance, so
 * it creates one link of each kind in a temporary network namespace.
 */
async function findMissingKinds(): Promise<string[]> {
  const lines = ["link add vp type veth peer name vq", ...Object.values(kinds)];
  // If `ip` is given without a path, busybox runs its own `ip`.
  const trial = start("busybox", ["unshare", "-n", "/bin/ip", "-force", "-batch", "-"]);
  const words = await trial.finish(`${lines.join("\n")}\n`).then(
    () => "",
    (error: unknown) => messageOf(error),
  );
  // `-force` continues after a failure and reports the line number of each.
  const failed = new Set([...words.matchAll(/Command failed -:(\d+)/g)].map(([, line]) => Number(line)));
  if (words !== "" && failed.size === 0)
    throw new Error(`finding out which kinds of links the kernel supports: ${words}`);
  return Object.keys(kinds).filter((_, index) => failed.has(index + 2));
}
