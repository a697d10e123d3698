import type { Lease } from "../lease/lease.ts";
import type { Interface } from "../wire/session-protocol.ts";

/* The shape of a Vnic record's status. */

/** The name and the NIC of an entry in the annotation network-status, and the pod that has it. */
export interface PublishedEntry {
  readonly name: string;
  readonly pod: string;
  readonly podUid: string;
  readonly interface: string;
  readonly mac: string;
}

/** One version of an address claim of the Vnic, by which the claim can be released without reading it. */
export interface KnownClaim {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The actual state of a Vnic when last observed. Without `node`, `pod` and `interface` it isn't realised anywhere. */
export interface VnicStatus {
  /** The generation of the spec that the status is about; -1 until a driver has written a status. */
  readonly observedGeneration?: number;
  /** The UID of the record that it was written for. A record that was restored or copied together with its status has another one. */
  readonly recordUid?: string;
  readonly node?: string;
  readonly pod?: {
    readonly name: string;
    readonly uid: string;
    readonly sandboxId: string;
    /** A container of the pod that was running at that time. While it runs, the pod has the same sandbox. */
    readonly containerId?: string;
  };
  readonly interface?: Interface;
  readonly lease?: Lease;
  /** The claims of its MAC and its addresses. */
  readonly addressClaims?: readonly KnownClaim[];
  /** The entry in the annotation network-status of a pod, which stays here until it is removed there. */
  readonly networkStatus?: PublishedEntry;
  readonly conditions: readonly Condition[];
}

/**
 * A Kubernetes condition (`metav1.Condition`). `Attached`: the NIC is in its pod. `LeaseBound`: it has its address
 * from DHCP; only with DHCP. `Ready`: all of it matches the spec. `Connected`: the NIC has a connection to its
 * network; only set after a first problem. `AddressesUnique`: no other host has its addresses; only set after a first
 * problem. Conditions of other types belong to other writers, with their own field managers.
 */
export interface Condition {
  readonly type: "Ready" | "Attached" | "LeaseBound" | "Connected" | "AddressesUnique";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}
