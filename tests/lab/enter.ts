import { existsSync } from "node:fs";
import { lanHosts, netnsPath, nodes, type LanHost, type Machine, type Node } from "./layout.ts";
import { findInit } from "./processes.ts";

export type Host = Node | LanHost;

export function isHost(name: string): name is Host {
  return ([...nodes, ...lanHosts] as string[]).includes(name);
}

/** Prefixes a command so that it runs on a machine: in all namespaces of a node, or in the network of a LAN host. */
export function enter(machine: Machine, argv: readonly string[]): string[] {
  if (!existsSync(netnsPath(machine)))
    throw new Error(`entering ${machine}: the lab is not up; run: npm run lab -- up`);
  if (!(nodes as readonly string[]).includes(machine)) return ["nsenter", `--net=${netnsPath(machine)}`, "--", ...argv];
  const init = findInit(machine);
  if (init === undefined) throw new Error(`entering ${machine}: it has no processes; run: npm run lab -- up`);
  const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--net"];
  // nsenter forks to enter a PID namespace, so killing nsenter must kill the command as well.
  const dieWithParent = ["setpriv", "--pdeathsig", "KILL", "--"];
  return ["nsenter", "--target", String(init), ...namespaces, "--", ...dieWithParent, ...argv];
}
