import * as pulumi from "@pulumi/pulumi";
import { stub } from "./stub.ts";

/** Which pod gets the Vnic. */
export interface PodIdentifier {
  /** The pod's namespace. @default "default" */
  namespace?: pulumi.Input<string>;
  /** The pod's name. */
  name: pulumi.Input<string>;
}

/** The external network, as the pod's node sees it. */
export interface NetworkArgs {
  /** The node's NIC that leads to the network, like `"eth1"`. */
  parent: pulumi.Input<string>;
  /** How the pod's NIC is made from the parent: `macvlan` in its bridge mode. @default "macvlan" */
  mode?: pulumi.Input<"macvlan">;
}

/** How long an operation may take, in seconds, before it fails with what it was waiting for. */
export interface Deadlines {
  /** @default 120 */
  createSeconds?: pulumi.Input<number>;
  /** @default 120 */
  updateSeconds?: pulumi.Input<number>;
  /** @default 120 */
  deleteSeconds?: pulumi.Input<number>;
}

/** The resource definition data of a {@link Vnic}. */
export interface VnicArgs {
  /** The pod identifier. Another pod replaces the Vnic. */
  pod: pulumi.Input<PodIdentifier>;
  /** The external network. Another one replaces the Vnic. */
  network: pulumi.Input<NetworkArgs>;
  /** Addresses with prefix length, IPv4 and IPv6, like `"192.168.50.10/24"` and `"fd50::10/64"`. Changed in place. */
  addresses: pulumi.Input<pulumi.Input<string>[]>;
  /** A unicast MAC address. Another one replaces the Vnic. @default derived from namespace and name: the same on every pod and node */
  mac?: pulumi.Input<string>;
  /**
   * The NIC's name in the pod, at most 15 characters. Another one replaces the Vnic.
   * @default `net` and a number, derived from namespace and name
   */
  interfaceName?: pulumi.Input<string>;
  /** In bytes, 68 to the parent's own. Changed in place. @default the parent's */
  mtu?: pulumi.Input<number>;
  /** Name of the record in the pod's namespace. Another one replaces the Vnic. @default the resource's name */
  name?: pulumi.Input<string>;
  /** Labels of the record. Changed in place. @default none but our own */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * What a deletion does while the pod still runs: `detach` unplugs the NIC from it; `waitForPod` waits, within
   * `deadlines.deleteSeconds`, until the pod has terminated. Changed in place. @default "detach"
   */
  deletionPolicy?: pulumi.Input<"detach" | "waitForPod">;
  /**
   * Takes over a record of that name that somebody else declared, or that was made with kubectl, if it is the same Vnic;
   * refuses one that differs, naming the fields. @default false
   */
  adopt?: pulumi.Input<boolean>;
  /** How long each operation may take. */
  deadlines?: pulumi.Input<Deadlines>;
}

/** A NIC as the kernel of its node shows it. */
export interface Interface {
  name: string;
  mac: string;
  /** Bytes. */
  mtu: number;
  /** With prefix length; without the link-local ones that the kernel makes. */
  addresses: string[];
  up: boolean;
}

/**
 * One more NIC for a pod that is already running: hosts on a network outside the cluster reach it directly, without a
 * Service, NAT or a restart of the pod.
 *
 * @example
 * const wire = new Vnic("db-wire", {
 *   pod: { namespace: "shop", name: "db-0" },
 *   network: { parent: "eth1" },
 *   addresses: ["192.168.50.10/24"],
 * });
 * export const addresses = wire.addresses;
 */
export class Vnic extends pulumi.dynamic.Resource {
  /** The type token, for policy packs. */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/vnic:Vnic";

  /** Name of the record in the pod's namespace. */
  declare readonly name: pulumi.Output<string>;
  declare readonly pod: pulumi.Output<{ namespace: string; name: string }>;
  declare readonly network: pulumi.Output<{ mode: "macvlan"; parent: string }>;
  /** In canonical form, with prefix length. */
  declare readonly addresses: pulumi.Output<string[]>;
  declare readonly mac: pulumi.Output<string>;
  declare readonly interfaceName: pulumi.Output<string>;
  /** As asked for; `interface.mtu` is what it came to be. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  declare readonly labels: pulumi.Output<Record<string, string> | undefined>;
  declare readonly deletionPolicy: pulumi.Output<"detach" | "waitForPod" | undefined>;
  /** UID of the record. */
  declare readonly uid: pulumi.Output<string>;
  /** The worker node on which it is realised. */
  declare readonly node: pulumi.Output<string>;
  /** UID of the pod that holds it. */
  declare readonly podUid: pulumi.Output<string>;
  /** The runtime's ID of that pod's sandbox, which owns the network namespace. */
  declare readonly sandboxId: pulumi.Output<string>;
  /** The NIC as it was last seen in the pod. */
  declare readonly interface: pulumi.Output<Interface>;
  /** What a refresh found amiss, in words; the next `up` mends it. Absent when all is well. */
  declare readonly drift: pulumi.Output<string[] | undefined>;

  /**
   * @param name Name of the resource; also of the record, unless `args.name` gives another.
   */
  constructor(name: string, args: VnicArgs | undefined, options?: pulumi.CustomResourceOptions) {
    const outputs = {
      mac: undefined,
      interfaceName: undefined,
      mtu: undefined,
      labels: undefined,
      deletionPolicy: undefined,
      uid: undefined,
      node: undefined,
      podUid: undefined,
      sandboxId: undefined,
      interface: undefined,
      drift: undefined,
      ...(args ? {} : { pod: undefined, network: undefined, addresses: undefined }),
    };
    // Who declares the record; also the row on which the provider shows its progress.
    const declaredBy = pulumi.createUrn(name, Vnic.__pulumiType, options?.parent);
    super(stub, name, { ...outputs, name, ...args, declaredBy }, options, "vnic", "Vnic");
  }

  /**
   * A Vnic that exists, read but not managed.
   *
   * @param id `<namespace>/<name>` of its record.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: pulumi.CustomResourceOptions): Vnic {
    return new Vnic(name, undefined, { ...options, id });
  }

  /** Whether an object is a Vnic, also one made by another copy of this package. */
  static override isInstance(object: unknown): object is Vnic {
    return (
      pulumi.Resource.isInstance(object) && (object as { __pulumiType?: string }).__pulumiType === Vnic.__pulumiType
    );
  }
}
