import type { VnicRef } from "../model/names.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { remember } from "../base/remember.ts";
import type { ObservePlan } from "../model/wire/session-protocol.ts";
import type { Deadline } from "./deadline.ts";
import { liveView, type Reach, type View } from "./view.ts";

/** Up to this number, Vnics are looked at one by one. */
const few = 4;

/** A run of the engine that takes longer looks around once more. */
const freshMilliseconds = 10_000;

/** Most Vnics of one namespace in a survey. Further ones are looked at one by one. */
const mostRecords = 2000;

/**
 * Looks at many Vnics for little. A refresh asks about one after the other and never says how many will follow; once there were
 * a few, all others of the namespace are looked at together, by one list and one request for each node, instead of by several
 * requests for each Vnic. A refresh tells how things are at some time since it began, so what was seen is used for a while. Only
 * what is there is told by it: what is missing was looked for when it was asked for.
 */
export class Surveyor {
  private readonly driver: Reach;
  private readonly live: View;
  private asked = 0;
  private last: { readonly view: View; readonly until: number } | undefined;

  constructor(driver: Reach) {
    this.driver = driver;
    this.live = liveView(driver);
  }

  /** What the next Vnic is to be looked at with; each call stands for one Vnic. */
  nextView(): View {
    if (++this.asked <= few) return this.live;
    const now = performance.now();
    if (!this.last || now >= this.last.until)
      this.last = { view: surveyed(this.driver, this.live), until: now + freshMilliseconds };
    return this.last.view;
  }

  /** Discards what was read; to be called after any write. */
  forget(): void {
    this.last = undefined;
  }
}

/** One look around, at what is asked for and at what is likely to be asked for next. */
function surveyed({ cluster, sessions }: Reach, live: View): View {
  const recordsIn = remember(async (namespace: string) => {
    const records = await cluster.listVnicsIn(namespace, mostRecords);
    return new Map(records.map((record) => [record.metadata.name, record]));
  });
  const nicsOn = remember(
    async (node: string, namespace: string, deadline: Deadline) => {
      const plans = [...(await recordsIn(namespace)).values()].flatMap((record) => planOn(node, record));
      const { seen } = await sessions.use(node, deadline, (session) => session.request("survey", { plans }));
      const keys = new Map(plans.map((plan) => [plan.vnic.uid, keyOf(plan)]));
      return new Map(seen.filter(({ as }) => as.interface).map(({ uid, as }) => [keys.get(uid), as]));
    },
    (node, namespace) => `${namespace} on ${node}`,
  );
  return {
    cluster: {
      findPod: remember((namespace: string, name: string) => cluster.findPod(namespace, name)),
      findNode: remember((name: string) => cluster.findNode(name)),
      findNetwork: remember((name: string) => cluster.findNetwork(name)),
      findAttachmentDefinition: remember((ref: VnicRef) => cluster.findAttachmentDefinition(ref)),
      findVnic: async (ref) => (await ifKnown(recordsIn(ref.namespace)))?.get(ref.name) ?? cluster.findVnic(ref),
    },
    findNic: async (node, plan, deadline) =>
      (await ifKnown(nicsOn(node, plan.vnic.namespace, deadline)))?.get(keyOf(plan)) ??
      live.findNic(node, plan, deadline),
  };
}

/** What goes wrong with many at once is told by a look at just one, in its own words. */
function ifKnown<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined);
}

/** How to look for the Vnic of that record, if it was made on that node. */
function planOn(node: string, { metadata, status }: StoredVnic): ObservePlan[] {
  const { uid, namespace, name } = metadata;
  const { pod } = status ?? {};
  if (status?.node !== node || pod?.containerId === undefined) return [];
  return [
    { vnic: { uid, namespace, name }, pod: { namespace, name: pod.name, uid: pod.uid, containerId: pod.containerId } },
  ];
}

/** A Vnic in a pod; by whichever of the pod's containers that is found. */
function keyOf({ vnic, pod }: ObservePlan): string {
  return `${vnic.uid} in ${pod.uid}`;
}
