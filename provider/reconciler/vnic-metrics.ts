import { Counter, Gauge, type Registry } from "prom-client";
import type { Watched } from "../cluster/cluster.ts";
import { agentName, systemNamespace, vnicId } from "../model/names.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { Condition } from "../model/vnic/conditions.ts";
import type { StoredVnic } from "../model/vnic/record.ts";

export interface VnicMetrics {
  /** Sets the records, and the pods with the agents among them, that metrics show from now on. Called once. */
  show(vnics: Watched<StoredVnic>, pods: Pick<Watched<PodObject>, "list">): void;
}

/**
 * Registers metrics of the Vnics' records. Node agents write their findings to the records, so agents need no port of
 * their own.
 */
export function registerVnicMetrics(register: Registry): VnicMetrics {
  const registers = [register];
  let listVnics = (): readonly StoredVnic[] => [];
  let listPods = (): readonly PodObject[] => [];

  const countWhere = (name: string, help: string, type: Condition["type"], status: Condition["status"]) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(listVnics().filter((vnic) => find(vnic, type)?.status === status).length);
      },
    });
  countWhere("vnic_attached", "Vnics that are in their pods.", "Attached", "True");
  countWhere("vnic_failed", "Vnics that do not match their records.", "Ready", "False");
  countWhere("vnic_leases", "Vnics that have a DHCP lease.", "LeaseBound", "True");

  new Gauge({
    name: "vnic_condition_false",
    help: "1 for each condition of a Vnic that is False, with its reason.",
    labelNames: ["vnic", "condition", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { metadata, status } of listVnics())
        for (const { type: condition, status: value, reason } of status?.conditions ?? [])
          if (value === "False") this.set({ vnic: vnicId(metadata), condition, reason }, 1);
    },
  });
  new Gauge({
    name: "vnic_agent_missing",
    help: "1 for each node on which Vnics have DHCP leases but no node agent is ready.",
    labelNames: ["node"],
    registers,
    collect() {
      this.reset();
      const looked = new Set(
        listPods()
          .filter(isReadyAgent)
          .map(({ spec }) => spec?.nodeName),
      );
      for (const { status } of listVnics())
        if (status?.lease && status.node !== undefined && !looked.has(status.node)) this.set({ node: status.node }, 1);
    },
  });

  const losses = new Counter({
    name: "vnic_lease_losses_total",
    help: "DHCP leases that were lost while this replica was the leader.",
    registers,
  });
  const conflicts = new Counter({
    name: "vnic_address_conflicts_total",
    help: "Number of times that another host began to use an address of a Vnic while this replica was the leader.",
    registers,
  });
  const counted = [
    { type: "LeaseBound", reason: "LeaseLost", counter: losses },
    { type: "AddressesUnique", reason: "AddressConflict", counter: conflicts },
  ] as const;

  return {
    show(watched, pods) {
      listVnics = () => watched.list();
      listPods = () => pods.list();
      // Transition times of the counted conditions that are False now, by UID and condition.
      const known = new Map<string, string>();
      const look = (vnic: StoredVnic, count: boolean) => {
        for (const { type, reason, counter } of counted) {
          const key = `${vnic.metadata.uid} ${type}`;
          const condition = find(vnic, type);
          const isCounted = condition?.status === "False" && condition.reason === reason;
          if (isCounted && count && known.get(key) !== condition.lastTransitionTime) counter.inc();
          if (isCounted) known.set(key, condition.lastTransitionTime);
          else known.delete(key);
        }
      };
      // Conditions from before this replica was the leader aren't counted.
      for (const vnic of watched.list()) look(vnic, false);
      watched.onChange((vnic) => look(vnic, true));
      watched.onGone(({ metadata }) => counted.forEach(({ type }) => known.delete(`${metadata.uid} ${type}`)));
    },
  };
}

function find({ status }: StoredVnic, wanted: Condition["type"]): Condition | undefined {
  return status?.conditions.find(({ type }) => type === wanted);
}

function isReadyAgent({ metadata, status }: PodObject): boolean {
  return (
    metadata?.namespace === systemNamespace &&
    metadata.deletionTimestamp === undefined &&
    (metadata.ownerReferences ?? []).some(({ kind, name }) => kind === "DaemonSet" && name === agentName) &&
    (status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True")
  );
}
