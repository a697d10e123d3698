import type { ReconcilerOptions } from "../../provider/model/platform/reconciler.ts";
import { reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import type { Lab } from "../lab/index.ts";
import { installPlatform, kubectl } from "./cluster.ts";

/** The reconciler on the lab: its real Deployment, with the rights of its service account. */
export interface Reconciler {
  /** What its replicas have logged, line by line. */
  logs(): Promise<string[]>;
  /** Takes the Deployment away, and waits for its pods to end. */
  stop(): Promise<void>;
}

const selector = "app.kubernetes.io/component=reconciler";

export async function startReconciler(lab: Lab, options: ReconcilerOptions = {}): Promise<Reconciler> {
  const reconciler = { replicas: 1, resyncSeconds: 300, ...options };
  await installPlatform(lab.kubectl, ["reconciler"], { reconciler });
  const here = (...argv: string[]) => kubectl(lab.kubectl, ["-n", systemNamespace, ...argv]);
  await here("rollout", "status", `deployment/${reconcilerName}`, "--timeout=60s");
  return {
    logs: async () => (await here("logs", "-l", selector, "--tail=-1")).split("\n").filter(Boolean),
    stop: async () => {
      await here("delete", "deployment", reconcilerName, "--ignore-not-found");
      await here("wait", "--for=delete", "pod", "-l", selector, "--timeout=60s");
      // The next one would wait until it has expired.
      await here("delete", "lease", reconcilerName, "--ignore-not-found");
    },
  };
}
