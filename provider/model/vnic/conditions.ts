import type { Lease } from "../lease/lease.ts";
import type { Interface } from "../wire/session-protocol.ts";

/* The status of a Vnic record: its shape. */

/** What is really there of a Vnic, as last seen. Without `node`, `pod` and `interface` it is realised nowhere. */
export interface VnicStatus {
  /** The generation of the spec that the rest speaks of; -1 until a driver has written a status. */
  readonly observedGeneration?: number;
  readonly node?: string;
  readonly pod?: {
    readonly name: string;
    readonly uid: string;
    readonly sandboxId: string;
    /** A container of the pod that ran at that time. While it runs, the sandbox is still that one. */
    readonly containerId?: string;
  };
  readonly interface?: Interface;
  readonly lease?: Lease;
  readonly conditions: readonly Condition[];
}

/**
 * A Kubernetes condition (`metav1.Condition`). `Attached`: the NIC is in its pod; `LeaseBound`: with an address from DHCP,
 * if it is to have one; `Ready`: and all is as the spec says. Only once it wasn't so, `Connected`: the NIC leads to its
 * network; `AddressesUnique`: no other host has its addresses.
 * Other types belong to others, who keep them by a field manager of their own.
 */
export interface Condition {
  readonly type: "Ready" | "Attached" | "LeaseBound" | "Connected" | "AddressesUnique";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}
