import { watch } from "node:fs";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import { stateDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "../node/host-path.ts";
import { Leases } from "./leases.ts";
import { netnsDirectories } from "./netns-directories.ts";
import { reportTo } from "./report.ts";
import { serve } from "./server.ts";
import { settleWith } from "./settle-lease.ts";
import { Watch } from "./watch.ts";

/** Nothing announces that a pod has ended: resource files and network namespaces are looked at this often. */
const lookMilliseconds = 5000;

/**
 * Runs the node agent: it keeps the DHCP leases of its node's Vnics, and reports to `cluster` what befalls those that serve.
 * All that it knows it can read from the resource files, so it may be stopped and started at any time; addresses stay on their
 * NICs meanwhile. Resolves once it serves.
 */
export async function runAgent(cluster: Pick<Cluster, "changeVnicStatus" | "createEvent">): Promise<void> {
  const leases = new Leases(settleWith(cluster));
  const nics = new Watch(reportTo(cluster));
  const look = oneAtATime(() => leases.look());
  await leases.look();
  let listening = await serve(leases);
  setInterval(look, lookMilliseconds);
  const listenAgain = async () => {
    if (await listening.isFound()) return;
    console.error(`${stateDirectory} was cleared, and the agent's socket with it: listening again`);
    listening.close();
    try {
      listening = await serve(leases);
    } catch (error) {
      // A directory that was deleted comes back when the container is started again; what was in it, only this process knows.
      console.error(`listening again: ${messageOf(error)}; ending, to be started anew`);
      await nics.look().catch((failed: unknown) => console.error(messageOf(failed)));
      process.exit(1);
    }
  };
  setInterval(oneAtATime(listenAgain), lookMilliseconds);
  // Separate, as it waits for hosts of the network.
  setInterval(
    oneAtATime(() => nics.look()),
    lookMilliseconds,
  );
  // A client keeps the network namespace of a pod that has ended alive, and with it the NIC: it must go at once.
  for (const directory of netnsDirectories) watch(hostPath(directory), look);
  // Process 1 of a container has no default action for it. Leases stay as they are, for the next agent.
  process.on("SIGTERM", () => process.exit(0));
}

/** Does nothing while it is still at it. */
function oneAtATime(work: () => Promise<void>): () => void {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= work()
      .catch((error: unknown) => console.error(messageOf(error)))
      .finally(() => (underWay = undefined));
  };
}
