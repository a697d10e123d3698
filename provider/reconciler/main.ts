import { hostname } from "node:os";
import { openLeases, openWatchedCluster } from "../cluster/kube-cluster.ts";
import { takeOverOlder } from "../lifecycle/address/take-over.ts";
import { Claims } from "../lifecycle/claim.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { messageOf } from "../base/errors.ts";
import { defaultImage } from "../base/package.ts";
import { reconcilerHolder } from "../model/vnic/claim.ts";
import { startVnicController } from "./controller.ts";
import { serveEndpoints } from "./endpoints.ts";
import { UnavailableAddresses } from "./unavailable-addresses.ts";
import { becomeLeader, withDelayReports } from "./leader.ts";
import { log } from "./log.ts";
import { makeMetrics } from "./metrics.ts";
import { Pace } from "./pace.ts";
import { sweepBySession, Sweeps } from "./sweep.ts";
import type { ReconcilerContext } from "./task.ts";
import { startVnicSetController } from "./vnic-set-controller.ts";
import { vnicsByPlaceOf } from "./vnics-by-place.ts";

/*
 * Entry point of the reconciler. One of its replicas is the leader and does the work, the others are on standby. All
 * its state can be read again, so it exits whenever it can't continue, and is restarted.
 */

const image = process.env.VNIC_IMAGE ?? defaultImage;
const resyncSeconds = Number(process.env.VNIC_RESYNC_SECONDS ?? "300");
const port = Number(process.env.VNIC_PORT ?? "8080");
/** Identity for leader election. A pod's host name can be reused, its UID can't. */
const identity = [hostname(), process.env.VNIC_POD_UID].filter(Boolean).join("_");
/** Nobody waits for a session as one who runs a program does, and each attempt costs the API server some work. */
const attachEveryMilliseconds = 50;
/** Shorter than the kubelet's termination grace period. */
const shutdownTimeoutMilliseconds = 25_000;

async function main(): Promise<void> {
  const metrics = makeMetrics();
  let complaint: string | undefined = "it is starting";
  serveEndpoints({ port, metrics, complaint: () => complaint });

  const pace = new Pace();
  // The Leases have a connection of their own, so that no other request delays a renewal.
  const onOverload = (): void => pace.overloaded();
  const [cluster, leases] = await Promise.all([openWatchedCluster({}, onOverload), openLeases({})]);
  complaint = undefined;
  log("info", "standing by");
  const leadership = await becomeLeader(withDelayReports(leases, onOverload), identity, log);
  log("info", "leading");
  metrics.showLeading();
  void leadership.lost.then((why) => {
    log("error", `no longer leading: ${why}`);
    process.exit(1);
  });

  complaint = "it is listing Vnics, VnicSets and pods";
  const [vnics, sets, pods, addresses] = await Promise.all([
    cluster.watchVnics(),
    cluster.watchVnicSets(),
    cluster.watchPods(),
    cluster.watchAddresses(),
  ]);
  await takeOverOlder(cluster);
  metrics.showVnics(vnics, pods);
  const vnicsByPlace = vnicsByPlaceOf(vnics);
  const onOpened = (node: string, seconds: number): void => {
    metrics.sessionOpened(seconds);
    sweeps.opened(node);
  };
  const onFailed = metrics.sessionFailed;
  const sessions = new SessionPool(cluster, { image, onOpened, onFailed, attachEveryMilliseconds });
  metrics.showSessions(sessions);
  const sweeps = new Sweeps({ log, sweep: sweepBySession({ cluster, log, vnicsByPlace }, sessions) });
  const claims = new Claims(reconcilerHolder(hostname()));
  const marks = { due: new Set<string>(), lost: new Set<string>() };
  const context: ReconcilerContext = { cluster, sessions, claims, report: () => undefined, log, ...marks };
  const endings = [
    startVnicController(context, { vnics, vnicsByPlace, pods, addresses, metrics, resyncSeconds, pace, sweeps }),
    startVnicSetController(
      { cluster, log, unavailable: new UnavailableAddresses(addresses, vnics) },
      { sets, vnics, pods, metrics, resyncSeconds },
    ),
  ];
  complaint = undefined;

  finish = async () => {
    complaint = "it is ending";
    await Promise.all(endings.map((end) => end()));
    await Promise.all([sessions.close(), leadership.resign()]);
  };
}

/** Ends the work in progress. */
let finish = async (): Promise<void> => undefined;

process.once("SIGTERM", () => {
  log("info", "ending");
  setTimeout(() => process.exit(1), shutdownTimeoutMilliseconds);
  void finish().finally(() => process.exit(0));
});

main().catch((error: unknown) => {
  log("error", messageOf(error));
  process.exit(1);
});
