import type { PodObject } from "../../provider/model/kubernetes/pod.ts";
import { fixedAddresses, type StoredVnic, type VnicRecord } from "../../provider/model/vnic/record.ts";
import { type SetDefinition, parseSetDefinition } from "../../provider/model/vnic-set/definition.ts";
import { expand, type Expansion, isMember, type ExpansionInput } from "../../provider/model/vnic-set/expansion.ts";
import { setRecordOf, type StoredVnicSet } from "../../provider/model/vnic-set/record.ts";
import type { WorkloadObject } from "../../provider/model/vnic-set/selection.ts";
import { liveInterface, pod, uid } from "./objects.ts";

/* Builders for VnicSets, as in `objects.ts`. */

/** A stored set that selects pods with the label app=db, and has four addresses. */
export function vnicSet(given: Partial<SetDefinition> = {}): StoredVnicSet {
  const parsed = parseSetDefinition({
    name: "wires",
    namespace: "shop",
    ...(given.workload ? {} : { selector: { app: "db" } }),
    template: { network: { parent: "eth1" } },
    addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.10", to: "192.168.50.13" }],
    ...given,
  });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const record = setRecordOf(parsed.definition);
  return { ...record, metadata: { ...record.metadata, uid: uid(100), resourceVersion: "1", generation: 1 } };
}

/** A pod of the application, started at the given second. */
export function member(
  name: string,
  second = 0,
  given: { labels?: Record<string, string>; owner?: string } = {},
): PodObject {
  const { labels = { app: "db" }, owner = "StatefulSet/db" } = given;
  const [kind = "", controller = ""] = owner.split("/");
  const built = pod({ name, uid: `pod-${name}-${second}` });
  return {
    ...built,
    metadata: {
      ...built.metadata,
      labels,
      creationTimestamp: new Date(1_800_000_000_000 + second * 1000),
      ownerReferences: [{ kind, name: controller, controller: true }],
    },
  };
}

export function statefulSet(replicas: number, name = "db"): WorkloadObject {
  const labels = { app: "db" };
  return {
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels } } },
  };
}

/** A cluster with one set, which is expanded repeatedly. */
export class FakeWorld {
  set: StoredVnicSet;
  pods: PodObject[] = [];
  vnics: StoredVnic[] = [];
  statefulSets: WorkloadObject[] = [];
  workload: WorkloadObject | undefined;
  private made = 0;

  constructor(set = vnicSet()) {
    this.set = set;
  }

  get world(): ExpansionInput {
    const { set, pods, vnics, statefulSets, workload } = this;
    const onSegment = JSON.stringify(set.spec.template.network);
    const others = vnics
      .filter((vnic) => !isMember(set, vnic) && JSON.stringify(vnic.spec.network) === onSegment)
      .flatMap(({ spec }) => fixedAddresses(spec));
    return { set, pods, vnics, others, statefulSets, workload, ranges: set.spec.addresses };
  }

  /** Executes the plan. Deleted Vnics stay until `collect`. */
  step(): Expansion {
    const plan = expand(this.world);
    const removed = new Set(plan.remove.map(({ metadata }) => metadata.uid));
    this.vnics = this.vnics.map((vnic) =>
      removed.has(vnic.metadata.uid)
        ? { ...vnic, metadata: { ...vnic.metadata, deletionTimestamp: "2026-11-24T00:00:00Z" } }
        : vnic,
    );
    plan.apply.forEach((record) => this.apply(record));
    return plan;
  }

  collect(): void {
    this.vnics = this.vnics.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Updates the Vnics as a reconciler would: all of them are in their pods. */
  realise(): void {
    this.vnics = this.vnics.map((vnic) => {
      const found = this.pods.find(({ metadata }) => metadata?.name === vnic.spec.pod.name);
      const status = {
        node: "worker-1",
        pod: { name: vnic.spec.pod.name, uid: found?.metadata?.uid ?? "", sandboxId: "5a" },
        interface: liveInterface({ addresses: [...fixedAddresses(vnic.spec)] }),
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "Attached",
            message: "",
            lastTransitionTime: "",
            observedGeneration: 9,
          },
        ],
      } as const;
      return found ? { ...vnic, status } : vnic;
    });
  }

  /** Addresses by pod, of all Vnics of the set. */
  get addresses(): Record<string, string> {
    const own = this.vnics.filter(({ metadata }) => metadata.ownerReferences);
    return Object.fromEntries(own.map(({ spec }) => [spec.pod.name, fixedAddresses(spec).join(" ")]));
  }

  private apply(record: VnicRecord): void {
    const before = this.vnics.find(({ metadata }) => metadata.name === record.metadata.name);
    const own = before
      ? { uid: before.metadata.uid, generation: (before.metadata.generation ?? 1) + 1 }
      : { uid: uid(200 + this.made++), generation: 1 };
    const stored: StoredVnic = { ...before, ...record, metadata: { ...record.metadata, ...own, resourceVersion: "1" } };
    this.vnics = [...this.vnics.filter((vnic) => vnic !== before), stored];
  }
}
