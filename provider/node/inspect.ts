import { messageOf } from "../base/errors.ts";
import type { NodeNetwork } from "../model/network/mode.ts";
import type { InspectResult } from "../model/wire/session-protocol.ts";
import { resolveParent, findParent } from "./parent-link.ts";
import { type Link, listLinks } from "./link.ts";
import { start } from "./run.ts";

/** Link kinds that modes need, each with the command that makes one on a veth pair `vp`, `vq`. */
const kinds = {
  macvlan: "link add t1 link vp type macvlan mode bridge",
  bridge: "link add t2 type bridge",
  vlan: "link add t3 link vp type vlan id 2",
  ipvlan: "link add t4 link vq type ipvlan mode l2",
} as const;

/** What the node offers for these networks; changes nothing on it. */
export async function inspect(networks: readonly NodeNetwork[]): Promise<InspectResult> {
  const [links, missingKinds] = await Promise.all([listLinks("node"), findMissingKinds()]);
  return {
    time: new Date().toISOString(),
    missingKinds,
    networks: networks.map((network) => seen(network, links)),
  };
}

function seen(network: NodeNetwork, links: readonly Link[]): InspectResult["networks"][number] {
  try {
    resolveParent(network, links);
    const { name, mtu, carries = false } = findParent(network.parent, links);
    return { parent: name, mtu, carrier: carries };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/**
 * Kinds that the kernel neither has nor can load. A module that is loaded on demand shows nowhere before, so one link of
 * each kind is made, in a network namespace of its own that ends with the process.
 */
async function findMissingKinds(): Promise<string[]> {
  const lines = ["link add vp type veth peer name vq", ...Object.values(kinds)];
  // busybox would take its own `ip` for a name without a path.
  const trial = start("busybox", ["unshare", "-n", "/bin/ip", "-force", "-batch", "-"]);
  const words = await trial.finish(`${lines.join("\n")}\n`).then(
    () => "",
    (error: unknown) => messageOf(error),
  );
  // `-force` goes on after a failure, and names the line of each.
  const failed = new Set([...words.matchAll(/Command failed -:(\d+)/g)].map(([, line]) => Number(line)));
  if (words !== "" && failed.size === 0) throw new Error(`trying which kinds of links the kernel has: ${words}`);
  return Object.keys(kinds).filter((_, index) => failed.has(index + 2));
}
