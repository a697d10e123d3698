import type { Clock } from "../../base/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError, VnicError } from "../../base/errors.ts";
import { readNode } from "../../model/kubernetes/node.ts";
import type { PodObject } from "../../model/kubernetes/pod.ts";
import { whyNotStarted } from "../../model/kubernetes/session-event.ts";
import type { SessionJobOptions } from "../../model/kubernetes/session-job.ts";
import { readSessionPod, wasKilled } from "../../model/kubernetes/session-pod.ts";
import { systemNamespace } from "../../model/names.ts";

type Wanted = Pick<SessionJobOptions, "name" | "node" | "image">;

/**
 * How long a problem from an event must last before it is reported. It may disappear quickly, such as a mount that was
 * tried too early.
 */
const eventDelayMilliseconds = 4000;
const checkEveryMilliseconds = 1000;

/**
 * Monitors a Job that should start, and throws as soon as it is known that it won't, with the cluster's reason.
 * Statuses show problems with images and rejected pods. Only events show problems before a container exists: mounts,
 * sandboxes and denied pods.
 */
export class StartMonitor {
  private readonly cluster: Cluster;
  private readonly wanted: Wanted;
  private readonly clock: Clock;
  private readonly began: number;
  private nextCheckAt: number;

  constructor(cluster: Cluster, wanted: Wanted, clock: Clock) {
    this.cluster = cluster;
    this.wanted = wanted;
    this.clock = clock;
    this.began = clock.now();
    this.nextCheckAt = this.began + eventDelayMilliseconds;
  }

  get milliseconds(): number {
    return this.clock.now() - this.began;
  }

  /** @param attached Whether there was a connection to the Job's container. */
  async check(pod: PodObject | undefined, attached: boolean): Promise<void> {
    const state = pod && readSessionPod(pod);
    // A container that completed after it was attached did so because the connection broke, so a new session may work, as
    // it may if the container was killed. If a container never ran, or failed by itself, a new one would fail as well.
    const broken = pod && ((attached && pod.status?.phase === "Succeeded") || wasKilled(pod));
    if (state?.state === "stuck") throw this.cantRun(state.why, broken ? "sessionBroken" : "failed");
    if (state?.state === "running" || this.clock.now() < this.nextCheckAt) return;
    this.nextCheckAt = this.clock.now() + checkEveryMilliseconds;
    const why = (await this.readEvents(pod)) ?? (await this.readNode(pod));
    if (why !== undefined) throw this.cantRun(why, "failed");
  }

  private async readEvents(pod: PodObject | undefined): Promise<string | undefined> {
    const events = await this.cluster
      .listSystemEvents(pod?.metadata?.name ?? this.wanted.name)
      .catch((error: unknown) => {
        // The roles of an earlier version don't grant listing events; the session may start nevertheless.
        if (isVnicError(error, "forbidden")) return [];
        throw error;
      });
    return whyNotStarted(events);
  }

  /** Reads the node while no kubelet has accepted the pod, which then has no start time. */
  private async readNode(pod: PodObject | undefined): Promise<string | undefined> {
    if (!pod || pod.status?.startTime !== undefined) return undefined;
    const node = await this.cluster.findNode(this.wanted.node);
    if (!node) return "the node doesn't exist any more";
    const { ready, why } = readNode(node);
    return ready ? undefined : `the node isn't ready: ${why}`;
  }

  private cantRun(why: string, kind: "failed" | "sessionBroken"): VnicError {
    const { name, node, image } = this.wanted;
    return new VnicError(
      kind,
      `injection Job ${systemNamespace}/${name} can't run on node ${node} (image ${image}): ${why}`,
    );
  }
}
