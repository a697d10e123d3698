import { agentComponent, systemNamespace } from "../../provider/model/names.ts";
import { kubectl } from "../support/cluster.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { type Bench, openBench } from "../support/lifecycle.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";
import { churn, converge } from "./churn.ts";
import { ChurnWorld } from "./churn-world.ts";
import type { Random } from "./random.ts";
import { slowApiServer } from "./slow-api-server.ts";

const delayMilliseconds = 2000;
const convergeSeconds = 300;
/** What users do while the API server is slow; nothing else breaks. */
const events = ["Vnic created or edited", "Vnic deleted", "pod made anew", "scaled down", "scaled up"];

/**
 * Lets users work while each request of reconciler, node agents and node side to the API server takes 2 s longer. None
 * of our pods may be restarted meanwhile, and all Vnics must be served in the end, still with the slow API server.
 * Returns the violations.
 */
export async function soakSlow(minutes: number, random: Random): Promise<string[]> {
  const bench = await openBench({ namespace: "soak-slow" });
  const restore = await slowApiServer(delayMilliseconds);
  const faults: string[] = [];
  try {
    const reconciler = await startReconciler(bench.lab, { replicas: 2 });
    try {
      const before = await pods(bench);
      const world = new ChurnWorld(bench, random);
      for (let pod = 0; pod < world.podCount; pod++) await world.runPod(pod);
      for (let vnic = 0; vnic < world.vnicCount; vnic++) await world.declare(vnic);
      await churn(world, reconciler, { minutes, random, events });
      faults.push(...(await converge(world, convergeSeconds)).differences);
      const after = await pods(bench);
      console.log(`our pods, with restarts: ${after.join(", ")}`);
      faults.push(
        ...before.filter((pod) => !after.includes(pod)).map((pod) => `${pod} at the start isn't so any more`),
      );
      if (faults.length > 0) await explain(bench, reconciler);
      await bench.kubectl("delete", "vnics", "--all", "--timeout=300s").catch(async (error: unknown) => {
        await explain(bench, reconciler);
        throw error;
      });
    } finally {
      await reconciler.stop();
    }
  } finally {
    await restore();
    await bench.close();
  }
  await assertNoLeaks(bench.lab).catch((error: unknown) => faults.push(String(error)));
  return faults;
}

async function explain(bench: Bench, reconciler: Reconciler): Promise<void> {
  console.log((await reconciler.logs()).slice(-100).join("\n"));
  console.log(await bench.kubectl("get", "vnics,pods", "-o", "yaml"));
}

/** The reconciler's and the agents' pods, each with the number of its restarts. */
async function pods(bench: Bench): Promise<string[]> {
  const path = `{range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{"\\n"}{end}`;
  const selector = `app.kubernetes.io/component in (reconciler,${agentComponent})`;
  const text = await kubectl(bench.lab.kubectl, [
    "-n",
    systemNamespace,
    ...["get", "pods", "-l", selector, "-o", `jsonpath=${path}`],
  ]);
  return text.split("\n").filter(Boolean);
}
