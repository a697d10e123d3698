import { join } from "node:path";
import { agentName, systemNamespace } from "../../provider/model/names.ts";
import type { Lab } from "../lab/index.ts";
import { enter } from "../lab/enter.ts";
import { leased, stateDir } from "../lab/layout.ts";
import { run, until } from "../lab/run.ts";
import { installPlatform, kubectl } from "./cluster.ts";
import { type DhcpServer, makeDhcpServer } from "./dhcp-server.ts";
import { runScript, type Script } from "./scripted-dhcp.ts";

export type { DhcpServer };

/** A DHCP server of the leased network. */
export function dhcpServer({ leaseSeconds }: { leaseSeconds: number }): Promise<DhcpServer> {
  return makeDhcpServer({
    enter: (argv) => enter("leased", argv),
    folder: join(stateDir, "udhcpd"),
    interface: leased.bridge,
    host: leased.host,
    range: leased.dhcp,
    leaseSeconds,
  });
}

/** Starts a scripted server on the leased network; returns a function that stops it. */
export function startScripted(script: Script): Promise<() => Promise<void>> {
  return runScript(script, (argv) => enter("leased", argv));
}

/** Whether an address answers to the leased network's host. One ping is sent each second. */
export async function answersLeased(address: string): Promise<boolean> {
  const [host = ""] = address.split("/");
  return (await run(enter("leased", ["ping", "-n", "-c", "1", "-w", "3", host]))).code === 0;
}

/** Installs the node agent and waits until each node has it. */
export async function installAgent(lab: Lab): Promise<void> {
  await installPlatform(lab.kubectl, ["agent"]);
  await agentsReady(lab);
}

export async function agentsReady(lab: Lab): Promise<void> {
  await kubectl(lab.kubectl, ["rollout", "status", "-n", systemNamespace, `daemonset/${agentName}`, "--timeout=300s"]);
}

/** Removes the agent, and the files that the agent leaves on the nodes. */
export async function removeAgent(lab: Lab): Promise<void> {
  await kubectl(lab.kubectl, ["delete", "-n", systemNamespace, `daemonset/${agentName}`, "--ignore-not-found"]);
  await until("the end of the node agents", 180, async () => {
    const selector = "app.kubernetes.io/component=node-agent";
    const left = await kubectl(lab.kubectl, ["get", "pods", "-n", systemNamespace, "-l", selector, "-o", "name"]);
    return left === "" ? true : undefined;
  });
  for (const node of ["node1", "node2", "node3"] as const)
    await lab.exec(node, ["rm", "-f", "/var/lib/pulumi-vnic/agent.sock"]);
}

/** The DHCP clients on a node. */
export async function clientsOn(lab: Lab, node: "node1" | "node2" | "node3"): Promise<string[]> {
  const { stdout } = await lab.exec(node, ["pgrep", "-a", "udhcpc"]);
  return stdout.split("\n").filter(Boolean);
}
