import type * as pulumi from "@pulumi/pulumi";

/* Arguments that several resources take. */

/** How the pod's NIC is made from a parent of its node. */
export type Mode = "macvlan" | "macvlan-private" | "bridge" | "host-device" | "ipvlan";

/** How long an operation may take, in seconds, before it fails with what it was waiting for. */
export interface Deadlines {
  /** @default 120 */
  createSeconds?: pulumi.Input<number>;
  /** @default 120 */
  updateSeconds?: pulumi.Input<number>;
  /** @default 120 */
  deleteSeconds?: pulumi.Input<number>;
}

/** Addresses of the external network that may be given out. */
export interface AddressRange {
  /** The subnet, like `"192.168.50.0/24"`; its prefix length is that of every address. */
  cidr: pulumi.Input<string>;
  /** The first address. @default the subnet's first host */
  from?: pulumi.Input<string>;
  /** The last address. @default the subnet's last host */
  to?: pulumi.Input<string>;
  /** Never given out: addresses, spans like `"192.168.50.20-192.168.50.30"`, subnets. @default none */
  exclude?: pulumi.Input<pulumi.Input<string>[]>;
}
