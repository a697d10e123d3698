import { watch } from "node:fs";
import { openCluster } from "../cluster/kube-cluster.ts";
import { messageOf } from "../model/errors.ts";
import { netnsDirectory } from "../model/session-job.ts";
import { Leases } from "./leases.ts";
import { serve } from "./server.ts";
import { settleWith } from "./settle-lease.ts";

/*
 * The node agent: keeps the DHCP leases of its node's Vnics, which a Job that ends can't. Whatever it knows it can read from
 * the resource files, so it may be stopped and started at any time; addresses stay on their NICs meanwhile.
 */

/** Whoever ends tells nobody: resource files and network namespaces are looked at this often. */
const lookMilliseconds = 5000;

async function main(): Promise<void> {
  const leases = new Leases(settleWith(await openCluster({})));
  let looking: Promise<void> | undefined;
  const look = () => {
    looking ??= leases
      .look()
      .catch((error: unknown) => console.error(messageOf(error)))
      .finally(() => (looking = undefined));
  };
  await leases.look();
  await serve(leases);
  setInterval(look, lookMilliseconds);
  // A client keeps the network namespace of a pod that has ended alive, and with it the NIC: it must go at once.
  watch(netnsDirectory, look);
  // Process 1 of a container has no default action for it. Leases stay as they are, for the next agent.
  process.on("SIGTERM", () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});
