import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { firstOutput } from "../lab/child.ts";
import { cluster, netnsName, netnsPath, nodes } from "../lab/layout.ts";
import { must, run } from "../lab/run.ts";

const machineOfProxy = (name: string): string => name.replace(/control$/, "slow");
const netns = machineOfProxy(netnsName("control"));
/** The last address of the cluster's network but one; the last one belongs to the developer's machine. */
const address = cluster.host.replace(/\d+$/, (last) => String(Number(last) - 1));

/**
 * Lets each request of a pod to the API server wait for the given time. On the nodes, the route to the service
 * `kubernetes` leads to a proxy, so that nothing differs in the pods. Kubelets and kubectl use another address of the
 * API server, and aren't delayed.
 *
 * @returns Restores the routes and removes the proxy.
 */
export async function slowApiServer(milliseconds: number): Promise<() => Promise<void>> {
  let proxy: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    for (const node of nodes) await run(["ip", "-n", netnsName(node), "route", "delete", `${cluster.api}/32`]);
    proxy?.kill("SIGKILL");
    await run(["ip", "netns", "delete", netns]);
  };
  try {
    await must(["ip", "netns", "add", netns]);
    await ip(netnsName("control"), [
      // Always the same MAC, because the nodes remember it.
      `link add slow type veth peer name eth0 address 02:00:00:00:02:53 netns ${netns}`,
      `link set slow master ${cluster.bridge} up`,
    ]);
    await ip(netns, [
      "link set lo up",
      "link set eth0 up",
      `address add ${address}/${cluster.prefixLength} dev eth0`,
      `address add ${cluster.api}/32 dev lo`,
      // Not by way of the control plane, which drops packets from an address of its own.
      ...nodes.map((node) => `route add ${cluster.podsOf(node)} via ${cluster.node(node)}`),
    ]);
    proxy = await startProxy(milliseconds);
    for (const node of nodes) await ip(netnsName(node), [`route add ${cluster.api}/32 via ${address}`]);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startProxy(milliseconds: number): Promise<ChildProcess> {
  const program = [join(import.meta.dirname, "slow-proxy.ts"), cluster.api, "443", String(milliseconds)];
  const enter = [`--net=${machineOfProxy(netnsPath("control"))}`, "--"];
  const proxy = spawn("nsenter", [...enter, process.execPath, ...program], { stdio: ["ignore", "pipe", "inherit"] });
  await firstOutput(proxy);
  return proxy;
}

async function ip(namespace: string, lines: readonly string[]): Promise<void> {
  await must(["ip", "-n", namespace, "-batch", "-"], { input: lines.join("\n") });
}
