import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { killById } from "../lab/child.ts";
import { pauseImage } from "../lab/images.ts";
import type { Lab } from "../lab/index.ts";
import { type Node, nodeDir } from "../lab/layout.ts";
import { ctr, kindOf } from "../lab/node-kinds.ts";
import { findInit, findProcesses, programOf } from "../lab/processes.ts";
import { stopSandbox } from "./cri.ts";

/* Simulates failures of pods and nodes on the lab's nodes. */

async function must(lab: Lab, node: Node, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.exec(node, argv);
  if (code !== 0) throw new Error(`${argv.join(" ")} on ${node}: ${stderr.trim()}`);
  return stdout;
}

/** Kills the process of a container. */
export function killContainer(lab: Lab, node: Node, id: string): Promise<void> {
  return signalContainer(lab, node, id, "SIGKILL");
}

/**
 * Ends a pod's sandbox, and with it the pod's network namespace: kills its process, or stops it by the runtime where it
 * has none. CRI-O ends the process of a sandbox at once if nothing needs it (`drop_infra_ctr`).
 */
export function killSandbox(lab: Lab, node: Node, id: string): Promise<void> {
  return kindOf(node).runtime === "crio" ? stopSandbox(node, id) : killContainer(lab, node, id);
}

/** Signals a container's process; SIGSTOP freezes it until SIGCONT. */
export async function signalContainer(lab: Lab, node: Node, id: string, signal: NodeJS.Signals): Promise<void> {
  const bare = id.replace(/^.*:\/\//, "");
  const byRuntime =
    kindOf(node).runtime === "crio"
      ? ["runc", "--root=/run/runc", "kill", bare, signal]
      : ctr(node, "tasks", "kill", `--signal=${signal}`, bare);
  await must(lab, node, byRuntime);
}

/** Runs `ip` in the network namespace that contains the given link. */
export async function ipBeside(lab: Lab, node: Node, link: string, words: readonly string[]): Promise<void> {
  const find = `for n in /run/netns/*; do nsenter --net=$n ip link show ${link} >/dev/null 2>&1 && echo $n; done`;
  const netns = (await lab.exec(node, ["sh", "-c", find])).stdout.trim();
  await must(lab, node, ["nsenter", `--net=${netns}`, "ip", ...words]);
}

/** Kills a node's kubelet or container runtime; the node's supervisor restarts it. */
export async function killProgram(lab: Lab, node: Node, which: "kubelet" | "runtime"): Promise<void> {
  const program = which === "runtime" ? kindOf(node).runtime : which;
  await must(lab, node, ["kill", "-KILL", ...(await pidsOf(lab, node, program))]);
}

/** Kills the API server; its supervisor restarts it. */
export async function killApiServer(): Promise<void> {
  for (const pid of findProcesses()) if (programOf(pid) === "kube-apiserver") killById(pid);
}

/** Stops the kubelet while containers continue to run. It runs again only after the node was rebooted. */
export async function pauseKubelet(lab: Lab, node: Node): Promise<void> {
  await must(lab, node, ["kill", "-STOP", ...(await pidsOf(lab, node, "kubelet"))]);
}

/** Restarts a node's kubelet with other settings; returns a function that restarts it with the former ones. */
export async function reconfigureKubelet(lab: Lab, node: Node, settings: object): Promise<() => Promise<void>> {
  const file = join(nodeDir(node), "kubelet.json");
  const former = await readFile(file, "utf8");
  const restartWith = async (text: string): Promise<void> => {
    await writeFile(file, text);
    await killProgram(lab, node, "kubelet");
  };
  await restartWith(JSON.stringify({ ...(JSON.parse(former) as object), ...settings }));
  return () => restartWith(former);
}

/** Makes a node's container runtime fail at each new sandbox; returns a function that repairs the runtime. */
export async function breakSandboxes(lab: Lab, node: Node): Promise<() => Promise<void>> {
  if (kindOf(node).runtime === "crio") {
    // The program with which CRI-O creates a sandbox's namespaces. It is replaced only in this node's mount namespace.
    const pinns = "/run/runtime/pinns";
    await must(lab, node, ["mount", "--bind", "/bin/false", pinns]);
    return async () => void (await must(lab, node, ["umount", pinns]));
  }
  const images = (...argv: string[]) => must(lab, node, ctr(node, "images", ...argv));
  const kept = "localhost/kept:1";
  await images("tag", pauseImage, kept);
  await images("rm", pauseImage);
  return async () => {
    await images("tag", kept, pauseImage);
    await images("rm", kept);
  };
}

/**
 * Takes the configuration of the pods' network from a node with containerd, which isn't ready then; returns a function
 * that gives it back. Running pods keep their network. CRI-O would go on with the configuration that it has read.
 */
export async function breakPodNetwork(node: Node): Promise<() => Promise<void>> {
  const file = join(nodeDir(node), "cni", "10-cluster.conflist");
  const text = await readFile(file, "utf8");
  await rm(file);
  // containerd doesn't look again when a file is only moved there.
  return () => writeFile(file, text);
}

/**
 * Gives a folder of a node a small disk of its own, which is full; returns a function that takes the disk away. Containers
 * that run already keep what they see.
 */
export async function fillDisk(lab: Lab, node: Node, folder: string): Promise<() => Promise<void>> {
  await must(lab, node, ["mkdir", "-p", folder]);
  await must(lab, node, ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  await must(lab, node, ["sh", "-c", `mkdir ${folder}/vnics; cat /dev/zero >${folder}/filler 2>/dev/null; true`]);
  // Containers of sessions may still be ending.
  return async () => void (await must(lab, node, ["umount", "--lazy", folder]));
}

async function pidsOf(lab: Lab, node: Node, program: string): Promise<string[]> {
  return (await must(lab, node, ["pidof", program])).trim().split(" ");
}

/** Simulates a power cycle: every process of the node ends, and it starts again with an empty /run. */
export function rebootNode(node: Node): void {
  const init = findInit(node);
  if (init === undefined) throw new Error(`${node} has no processes`);
  process.kill(init, "SIGKILL");
}
