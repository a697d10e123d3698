import { wantedAddressesOf } from "../../provider/model/address/address.ts";
import { writeHeld } from "../../provider/model/address/held.ts";
import { segmentsOf } from "../../provider/model/address/segment.ts";
import { isInline } from "../../provider/model/network/reference.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import type { Lease } from "../../provider/model/lease/lease.ts";
import type { NodeObject } from "../../provider/model/kubernetes/node.ts";
import type { PodObject } from "../../provider/model/kubernetes/pod.ts";
import { recordOf, type StoredVnic } from "../../provider/model/vnic/record.ts";
import { attachedStatus } from "../../provider/model/vnic/status.ts";
import { type Made, stateOf, type VnicState } from "../../provider/model/vnic/state.ts";
import type { Association, InjectPlan, InjectResult, Interface } from "../../provider/model/wire/session-protocol.ts";

/* Builders for a valid object of each kind, in which a test sets only what matters to it. */

export const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/vnic:Vnic::db-wire";

/** A distinct UID for each number. */
export function uid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

export const containerId = `containerd://${"c0".repeat(32)}`;

export function definition(given: Partial<Definition> = {}): Definition {
  return {
    name: "db-wire",
    pod: { namespace: "shop", name: "db-0" },
    network: { mode: "macvlan", parent: "eth1" },
    addresses: ["192.168.50.10/24"],
    mac: "02:00:5e:10:00:01",
    interfaceName: "net1",
    // As by default; a test that waits for a deadline gives a short one.
    deadlines: { createSeconds: 120, updateSeconds: 120, deleteSeconds: 120 },
    declaredBy: urn,
    ...given,
  };
}

/** A user's inputs, before `check` has filled in anything. */
export function inputs(given: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "db-wire",
    pod: { namespace: "shop", name: "db-0" },
    network: { parent: "eth1" },
    addresses: ["192.168.50.10/24"],
    ...given,
  };
}

export function injectPlan(given: Partial<InjectPlan> = {}): InjectPlan {
  return {
    vnic: { uid: uid(1), namespace: "shop", name: "db-wire" },
    pod: { namespace: "shop", name: "db-0", uid: uid(2), containerId },
    network: { mode: "macvlan", parent: "eth1" },
    interfaceName: "net1",
    mac: "02:00:5e:10:00:01",
    addresses: ["192.168.50.10/24"],
    ...given,
  };
}

export function liveInterface(given: Partial<Interface> = {}): Interface {
  return { name: "net1", mac: "02:00:5e:10:00:01", mtu: 1500, addresses: ["192.168.50.10/24"], up: true, ...given };
}

export function lease(given: Partial<Lease> = {}): Lease {
  return {
    address: "192.168.50.110/24",
    server: "192.168.50.1",
    leaseSeconds: 60,
    renewSeconds: 30,
    rebindSeconds: 52,
    obtainedAt: "2026-11-23T08:00:00.000Z",
    expiresAt: "2026-11-23T08:01:00.000Z",
    ...given,
  };
}

export function association(given: Partial<Association> = {}): Association {
  return {
    pod: { namespace: "shop", name: "db-0", uid: uid(2) },
    sandboxId: "5a".repeat(32),
    netns: "cni-1",
    inode: 4026532001,
    ...given,
  };
}

export function injectResult(given: Partial<InjectResult> = {}): InjectResult {
  return { interface: liveInterface(), association: association(), steps: [], ...given };
}

export interface PodOptions {
  readonly name?: string;
  readonly uid?: string;
  readonly node?: string;
  readonly hostNetwork?: boolean;
  readonly status?: PodObject["status"];
}

/** A running pod. */
export function pod({
  name = "db-0",
  uid: podUid = uid(2),
  node = "worker-1",
  hostNetwork,
  status,
}: PodOptions = {}): PodObject {
  return {
    metadata: { namespace: "shop", name, uid: podUid },
    spec: { nodeName: node, ...(hostNetwork === undefined ? {} : { hostNetwork }) },
    status: status ?? {
      phase: "Running",
      containerStatuses: [{ name: "redis", containerID: containerId, state: { running: {} } }],
    },
  };
}

export function node({ ready = true, runtime = "containerd://2.1.4" } = {}): NodeObject {
  const condition = ready
    ? { type: "Ready", status: "True" }
    : { type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." };
  return { status: { conditions: [condition], nodeInfo: { containerRuntimeVersion: runtime } } };
}

/** A record as the API server would return it. */
export function storedVnic(
  given: Partial<Definition> = {},
  metadata: Partial<StoredVnic["metadata"]> = {},
): StoredVnic {
  const wanted = definition(given);
  const { network } = wanted;
  const held = writeHeld(wantedAddressesOf(wanted, isInline(network) ? segmentsOf(network) : []));
  const record = recordOf(wanted, { node: "worker-1", uid: uid(2), held });
  const own = { uid: uid(1), resourceVersion: "1", generation: 1, creationTimestamp: "2026-11-23T08:00:00Z" };
  return { ...record, metadata: { ...record.metadata, ...own, ...metadata } };
}

/** The record of a Vnic that is attached to its pod as its definition says. */
export function attachedVnic(given: Partial<Definition> = {}): StoredVnic {
  const record = storedVnic(given);
  const { addresses } = definition(given);
  const at = { uid: uid(2), node: "worker-1", containerId };
  return {
    ...record,
    status: attachedStatus(
      record,
      at,
      injectResult({ interface: liveInterface({ addresses: [...addresses] }) }),
      new Date(0),
    ),
  };
}

/** State of a Vnic. `made` may have the association of the injection, from which the state takes the sandbox. */
export function stateWith(
  of: Definition,
  made: Omit<Made, "sandboxId"> & { association?: Association; providerVersion?: string },
): VnicState {
  const { association: held, providerVersion = "0.1.0", ...rest } = made;
  return stateOf(of, { ...rest, ...(held ? { sandboxId: held.sandboxId } : {}) }, providerVersion);
}

/** State of a Vnic that is attached to its pod as its definition says. */
export function attachedState(): VnicState {
  return stateWith(definition(), {
    uid: uid(1),
    node: "worker-1",
    podUid: uid(2),
    association: association(),
    interface: liveInterface(),
  });
}
