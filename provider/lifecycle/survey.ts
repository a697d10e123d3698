import type { VnicRef } from "../model/names.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { memoize } from "../base/memoize.ts";
import type { ObservePlan } from "../model/wire/session-protocol.ts";
import type { Deadline } from "./deadline.ts";
import { liveView, type ObserveDriver, type View } from "./view.ts";

/** Up to this number, Vnics are observed one by one. */
const maxSingleObservations = 4;

/** After this time, an engine run starts a new survey. */
const freshMilliseconds = 10_000;

/** Maximum number of Vnics of one namespace in a survey. Vnics beyond this number are observed one by one. */
const maxRecords = 2000;

/**
 * Observes many Vnics cheaply. A refresh asks for one Vnic after the other and never says how many will follow. After a
 * few, all others of the namespace are observed together, by one list and one request for each node, instead of several
 * requests for each Vnic. A refresh shows the state at some time since it began, so results are used for a while. Only
 * existing things are taken from a survey; anything missing is read again.
 */
export class Surveyor {
  private readonly driver: ObserveDriver;
  private readonly live: View;
  private asked = 0;
  private last: { readonly view: View; readonly until: number } | undefined;

  constructor(driver: ObserveDriver) {
    this.driver = driver;
    this.live = liveView(driver);
  }

  /** The view for the next Vnic; each call stands for one Vnic. */
  nextView(): View {
    if (++this.asked <= maxSingleObservations) return this.live;
    const now = performance.now();
    if (!this.last || now >= this.last.until)
      this.last = { view: surveyView(this.driver, this.live), until: now + freshMilliseconds };
    return this.last.view;
  }

  /** Discards cached reads. Call it after any write. */
  forget(): void {
    this.last = undefined;
  }
}

/** One survey of the Vnics that are requested now or will probably be requested next. */
function surveyView({ cluster, sessions }: ObserveDriver, live: View): View {
  const recordsIn = memoize(async (namespace: string) => {
    const records = await cluster.listVnicsIn(namespace, maxRecords);
    return new Map(records.map((record) => [record.metadata.name, record]));
  });
  const nicsOn = memoize(
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
      findPod: memoize((namespace: string, name: string) => cluster.findPod(namespace, name)),
      findNode: memoize((name: string) => cluster.findNode(name)),
      findNetwork: memoize((name: string) => cluster.findNetwork(name)),
      findAttachmentDefinition: memoize((ref: VnicRef) => cluster.findAttachmentDefinition(ref)),
      findVnic: async (ref) => (await ifKnown(recordsIn(ref.namespace)))?.get(ref.name) ?? cluster.findVnic(ref),
    },
    findNic: async (node, plan, deadline) =>
      (await ifKnown(nicsOn(node, plan.vnic.namespace, deadline)))?.get(keyOf(plan)) ??
      live.findNic(node, plan, deadline),
  };
}

/** Ignores errors of a survey, because observing the single Vnic then reports them. */
function ifKnown<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined);
}

/** How to observe the Vnic of that record, if it was realised on that node. */
function planOn(node: string, { metadata, status }: StoredVnic): ObservePlan[] {
  const { uid, namespace, name } = metadata;
  const { pod } = status ?? {};
  if (status?.node !== node || pod?.containerId === undefined) return [];
  return [
    { vnic: { uid, namespace, name }, pod: { namespace, name: pod.name, uid: pod.uid, containerId: pod.containerId } },
  ];
}

/** Key of a Vnic in a pod, whichever container of the pod the plan names. */
function keyOf({ vnic, pod }: ObservePlan): string {
  return `${vnic.uid} in ${pod.uid}`;
}
