import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { adminAccess } from "./api-server.ts";
import { withLock } from "./cache.ts";
import { tearDown } from "./down.ts";
import { enter, type Host } from "./enter.ts";
import { type Kubectl, kubectlWith } from "./kubectl.ts";
import { kubeconfigPath, labNumber, lan, nodes } from "./layout.ts";
import { ensureKubernetes } from "./programs.ts";
import { run, type Output, type RunOptions } from "./run.ts";
import { bringUp } from "./up.ts";

export { appPod, type AppPod } from "./app-pod.ts";
export type { Host } from "./enter.ts";
export { appImage, nodeImage } from "./images.ts";
export { missing, missingForEngine, missingForHelm } from "./missing.ts";
export {
  ensureCrio,
  ensureHelm,
  ensureKubernetes,
  ensureKubernetesPlugin,
  ensurePromtool,
  ensurePulumi,
} from "./programs.ts";
export type { Output, RunOptions } from "./run.ts";

/** A real cluster on this machine, with a network outside of it. */
export interface Lab {
  kubeconfig: string;
  nodes: readonly string[];
  /** The NIC of every node that leads to the outside network. */
  parent: string;
  lan: typeof lan;
  /** Runs a command on a node or an outside host. */
  exec(host: Host, argv: readonly string[], options?: RunOptions): Promise<Output>;
  /** Starts a long-running command on a node or an outside host, such as tcpdump; kill it when done. */
  spawn(host: Host, argv: readonly string[]): ChildProcess;
  readonly kubectl: Kubectl;
}

/** Starts the lab and returns it; a healthy one is reused. */
export async function up(): Promise<Lab> {
  await withLock(`lab${labNumber}`, bringUp);
  const kubectl = join(await ensureKubernetes(), "kubectl");
  return {
    kubeconfig: kubeconfigPath,
    nodes,
    parent: "eth1",
    lan,
    exec: (host, argv, options) => run(enter(host, argv), options),
    spawn: (host, argv) => {
      const [program = "", ...rest] = enter(host, argv);
      return spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
    },
    kubectl: kubectlWith(kubectl, kubeconfigPath, adminAccess),
  };
}

/** Removes the lab and everything that belongs to it. */
export async function down(): Promise<void> {
  await withLock(`lab${labNumber}`, tearDown);
}
