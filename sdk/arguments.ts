import type * as pulumi from "@pulumi/pulumi";

/* Arguments shared by several resources. */

/** How the pod's NIC is made from a parent of its node. */
export type Mode = "macvlan" | "macvlan-private" | "bridge" | "host-device" | "ipvlan";

/** How a new link gets into the pod: made on the node and then moved, or made in the pod. */
export type LinkPlacement = "moved" | "direct";

/**
 * Deadlines of operations in seconds. An operation that exceeds its deadline fails, and names what it was waiting for. One that
 * isn't given is taken from the resource's option `customTimeouts`.
 */
export interface Deadlines {
  /** @default 120 */
  createSeconds?: pulumi.Input<number>;
  /** @default 120 */
  updateSeconds?: pulumi.Input<number>;
  /** @default 120 */
  deleteSeconds?: pulumi.Input<number>;
}

/** A range of addresses on the external network to allocate from. */
export interface AddressRange {
  /** The subnet, like `"192.168.50.0/24"`. All addresses have its prefix length. */
  cidr: pulumi.Input<string>;
  /** The first address. @default the subnet's first host */
  from?: pulumi.Input<string>;
  /** The last address. @default the subnet's last host */
  to?: pulumi.Input<string>;
  /** Addresses, spans like `"192.168.50.20-192.168.50.30"` and subnets that are never allocated. @default none */
  exclude?: pulumi.Input<pulumi.Input<string>[]>;
}
