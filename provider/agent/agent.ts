import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import { stateDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "../node/host-path.ts";
import { AnnouncedRoutes } from "./announced-routes.ts";
import { Leases } from "./leases.ts";
import { netnsDirectories } from "./netns-directories.ts";
import { reportTo } from "./report.ts";
import { serve } from "./server.ts";
import { settleWith } from "./settle-lease.ts";
import { Watch } from "./watch.ts";
import { watchFolder } from "./watch-folder.ts";

/** How often resource files and network namespaces are checked: the kernel doesn't announce that a pod has ended. */
const pollMilliseconds = 5000;

/** How long this process waits for a last report before it ends. */
const finalPollMilliseconds = 20_000;

/**
 * Runs the node agent, which keeps the DHCP leases of its node's Vnics and reports connection and address problems to
 * `cluster`. The resource files hold all that the agent needs to keep leases, so it can be restarted at any time, and
 * addresses stay on their NICs during a restart. Resolves once the agent is serving.
 */
export async function runAgent(cluster: Pick<Cluster, "changeVnicStatus" | "createEvent">): Promise<void> {
  const leases = new Leases(settleWith(cluster));
  const nics = new Watch(reportTo(cluster));
  const refreshLeases = oneAtATime(() => leases.refresh());
  await leases.refresh();
  let listening = await serve(leases);
  setInterval(refreshLeases, pollMilliseconds);
  const listenAgain = async () => {
    if (await listening.isFound()) return;
    console.error(`${stateDirectory} was cleared, and the agent's socket with it: listening again`);
    listening.close();
    try {
      listening = await serve(leases);
    } catch (error) {
      // Only a restarted container gets the deleted directory back. The next agent won't know the Vnics whose resource
      // files were in the directory, so this agent reports them as lost first.
      console.error(`listening again: ${messageOf(error)}; exiting, so that the kubelet starts it again`);
      const lastCheck = nics.check().catch((failed: unknown) => console.error(messageOf(failed)));
      await Promise.race([lastCheck, delay(finalPollMilliseconds)]);
      process.exit(1);
    }
  };
  setInterval(oneAtATime(listenAgain), pollMilliseconds);
  // The NICs are checked in a separate loop, because these checks wait for hosts on the network.
  setInterval(
    oneAtATime(() => nics.check()),
    pollMilliseconds,
  );
  const routes = new AnnouncedRoutes();
  setInterval(
    oneAtATime(() => routes.look()),
    pollMilliseconds,
  );
  // A DHCP client keeps the network namespace of an ended pod alive, and with it the NIC, so it must end at once.
  for (const directory of netnsDirectories) watchFolder(hostPath(directory), refreshLeases, console.error);
  // As process 1 of a container we have no default handler for SIGTERM. The next agent takes over the leases.
  process.on("SIGTERM", () => process.exit(0));
}

/** Returns a function that starts `work` unless the previous run is still going on. */
function oneAtATime(work: () => Promise<unknown>): () => void {
  let underWay: Promise<unknown> | undefined;
  return () => {
    underWay ??= work()
      .catch((error: unknown) => console.error(messageOf(error)))
      .finally(() => (underWay = undefined));
  };
}
