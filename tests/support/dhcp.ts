import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agentName, systemNamespace } from "../../provider/model/names.ts";
import type { Lab } from "../lab/index.ts";
import { enter } from "../lab/enter.ts";
import { leased, stateDir } from "../lab/layout.ts";
import { run, until } from "../lab/run.ts";
import { installPlatform, kubectl } from "./cluster.ts";
import type { Script } from "./scripted-dhcp.ts";

/** A DHCP server of the leased network: busybox' udhcpd, as it gives leases of less than dnsmasq's two minutes. */
export interface DhcpServer {
  start(): Promise<void>;
  /** Its leases stay in its file. */
  stop(): Promise<void>;
  /** Addresses given out and not expired, by MAC. */
  leases(): Promise<Map<string, string>>;
  /** Ends it for good, and forgets its leases. */
  close(): Promise<void>;
}

export async function dhcpServer({ leaseSeconds }: { leaseSeconds: number }): Promise<DhcpServer> {
  const folder = join(stateDir, "udhcpd");
  const file = join(folder, "leases");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const settings = [
    `interface ${leased.bridge}`,
    `start ${leased.dhcp.from}`,
    `end ${leased.dhcp.to}`,
    `lease_file ${file}`,
    `pidfile ${join(folder, "pid")}`,
    "auto_time 1",
    "min_lease 10",
    "option subnet 255.255.255.0",
    `option lease ${leaseSeconds}`,
    // What nobody has asked for.
    `option router ${leased.host}`,
    `option dns ${leased.host}`,
  ];
  await writeFile(join(folder, "udhcpd.conf"), `${settings.join("\n")}\n`);
  await writeFile(file, "");
  let server: ChildProcess | undefined;
  const stop = async () => {
    const ending = server;
    server = undefined;
    if (!ending || ending.exitCode !== null) return;
    // It writes its leases down as it ends.
    await new Promise((resolve) => ending.once("close", resolve).kill("SIGTERM"));
  };
  return {
    start: async () => {
      const [program = "", ...rest] = enter("leased", [
        "busybox",
        "udhcpd",
        "-f",
        "-a",
        "50",
        join(folder, "udhcpd.conf"),
      ]);
      server = spawn(program, rest, { stdio: "ignore" });
    },
    stop,
    leases: async () => {
      const { stdout } = await run(["busybox", "dumpleases", "-f", file]);
      const rows = stdout.split("\n").slice(1).filter(Boolean);
      const held = rows.filter((row) => !row.includes("expired"));
      return new Map(held.map((row) => row.trim().split(/\s+/)).map(([mac = "", ip = ""]) => [mac, ip]));
    },
    close: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a server that answers by a script; answers with what ends it. */
export async function startScripted(script: Script): Promise<() => Promise<void>> {
  const program = join(import.meta.dirname, "scripted-dhcp.ts");
  const [enterer = "", ...rest] = enter("leased", [process.execPath, program, JSON.stringify(script)]);
  const server = spawn(enterer, rest, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    server.stdout.once("data", resolve);
    server.once("close", () => reject(new Error("the scripted DHCP server has ended")));
  });
  return () => new Promise((resolve) => server.once("close", () => resolve()).kill("SIGKILL"));
}

/** Whether the leased network's host gets an answer. */
export async function answersLeased(address: string): Promise<boolean> {
  const [host = ""] = address.split("/");
  return (await run(enter("leased", ["ping", "-n", "-c", "1", "-W", "1", host]))).code === 0;
}

/** Installs the node agent and waits until each node has it. */
export async function installAgent(lab: Lab): Promise<void> {
  await installPlatform(lab.kubectl, ["agent"]);
  await agentsReady(lab);
}

export async function agentsReady(lab: Lab): Promise<void> {
  await kubectl(lab.kubectl, ["rollout", "status", "-n", systemNamespace, `daemonset/${agentName}`, "--timeout=90s"]);
}

/** Takes the agent away, with what it leaves on the nodes. */
export async function removeAgent(lab: Lab): Promise<void> {
  await kubectl(lab.kubectl, ["delete", "-n", systemNamespace, `daemonset/${agentName}`, "--ignore-not-found"]);
  await until("the end of the node agents", 60, async () => {
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
