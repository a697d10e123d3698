import * as pulumi from "@pulumi/pulumi";
import { type LookUpOptions, whereOf } from "./look-up.ts";
import { leaveOutDebugStacks } from "./debug-stacks.ts";
import { urnOf } from "./declared-by.ts";
import { refusePlainCredential } from "./plain-credential.ts";
import { stubOf } from "./stubs.ts";
import type { AddressRange, LinkPlacement, Mode } from "./arguments.ts";
import { missingOf, settleAbsent, settleRead } from "./previewed-outputs.ts";
import { refuseForeignValues, refuseOptions } from "./foreign-values.ts";
import { findSecrets } from "./secret-inputs.ts";

/** The parent on a group of nodes. */
export interface NodeParentArgs {
  /** Labels that these nodes have. */
  nodes: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The NIC of these nodes that leads to the network, in any form of {@link NetworkArgs.parent}. */
  parent: pulumi.Input<string>;
}

/**
 * An external network, defined once for all Vnics on it. All fields except the name and the cluster are changed in
 * place.
 */
export interface NetworkDefinitionArgs {
  /** How the pods' NICs are made from the parent. @default "macvlan" */
  mode?: pulumi.Input<Mode>;
  /** The node's NIC that leads to the network: its name, a subnet that it has an address in, its MAC, or its PCI address. */
  parent?: pulumi.Input<string>;
  /** Parents by node labels; the first entry that matches a node applies. @default `parent`, on all nodes */
  parents?: pulumi.Input<pulumi.Input<NodeParentArgs>[]>;
  /** VLAN ID of the network on the parents. @default untagged */
  vlan?: pulumi.Input<number>;
  /** MTU in bytes of Vnics that don't set one. @default the parent's */
  mtu?: pulumi.Input<number>;
  /**
   * How links of Vnics that don't set it get into their pods; only `moved` with mode `host-device`. @default "moved"
   */
  placement?: pulumi.Input<LinkPlacement>;
  /** Gateways of Vnics that don't set any, at most one of each address family. @default none */
  gateways?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Addresses that Vnics may have, at most one range of each address family. No Vnic may have an address that a range
   * excludes. @default any
   */
  ranges?: pulumi.Input<pulumi.Input<AddressRange>[]>;
  /** Namespaces whose Vnics may use it. @default all */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether a Vnic may have an address outside of `ranges`. @default false */
  freeAddresses?: pulumi.Input<boolean>;
  /**
   * Allowed prefixes of a MAC that a Vnic sets, in whole octets, like `"02:00:5e"`. @default none: Vnics have their
   * derived MAC
   */
  macPrefixes?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether a Vnic may set any MAC. @default false */
  freeMacs?: pulumi.Input<boolean>;
  /** Whether a Vnic may switch off duplicate address detection. @default false */
  allowUnprobed?: pulumi.Input<boolean>;
  /**
   * Whether pods list its Vnics in their annotation `k8s.v1.cni.cncf.io/network-status`; needs a Platform with
   * `networkStatus`. @default false
   */
  networkStatus?: pulumi.Input<boolean>;
  /** How many Vnics one namespace may have on the network. @default any number */
  vnicsPerNamespace?: pulumi.Input<number>;
  /**
   * Name of the record. A new name replaces the Network. @default the resource's name at creation, which is kept if
   * the resource is later renamed with an alias
   */
  name?: pulumi.Input<string>;
  /**
   * Name of the cluster, as in the setting `vnic:clusters`. A new one replaces the Network. @default the cluster of
   * `vnic:kubeconfig`
   */
  cluster?: pulumi.Input<string>;
}

/** Inputs that are also outputs, and whether they affect each Vnic on the network or only the network. */
const inputs: Record<Exclude<keyof NetworkDefinitionArgs, "name" | "cluster">, "Vnics" | "network"> = {
  mode: "Vnics",
  parent: "Vnics",
  parents: "Vnics",
  vlan: "Vnics",
  mtu: "Vnics",
  placement: "Vnics",
  gateways: "Vnics",
  ranges: "Vnics",
  namespaces: "Vnics",
  freeAddresses: "Vnics",
  macPrefixes: "Vnics",
  freeMacs: "Vnics",
  allowUnprobed: "Vnics",
  networkStatus: "Vnics",
  vnicsPerNamespace: "network",
};
const inputOutputs = Object.keys(inputs) as (keyof typeof inputs)[];
const definitionFields = inputOutputs.filter((field) => inputs[field] === "Vnics");

/** Inputs that have no default value. */
const optional = ["cluster", ...inputOutputs.filter((field) => field !== "mode")];

/**
 * An external network, as a VnicNetwork in the cluster. It can't be deleted while Vnics use it.
 * @example
 * const lan = new Network("lan", { parent: "eth1", gateways: ["192.168.50.1"], namespaces: ["shop"] });
 * new Vnic("db-wire", { pod, network: lan, addresses: ["192.168.50.10/24"] });
 */
export class Network extends pulumi.CustomResource {
  /** The type token, for policy packs. */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/vnic:Network";

  declare readonly name: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<Mode>;
  declare readonly parent: pulumi.Output<string | undefined>;
  declare readonly parents: pulumi.Output<{ nodes: Record<string, string>; parent: string }[] | undefined>;
  declare readonly vlan: pulumi.Output<number | undefined>;
  declare readonly mtu: pulumi.Output<number | undefined>;
  declare readonly placement: pulumi.Output<LinkPlacement | undefined>;
  declare readonly gateways: pulumi.Output<string[] | undefined>;
  declare readonly ranges: pulumi.Output<
    { cidr: string; from?: string; to?: string; exclude?: string[] }[] | undefined
  >;
  declare readonly namespaces: pulumi.Output<string[] | undefined>;
  declare readonly freeAddresses: pulumi.Output<boolean | undefined>;
  declare readonly macPrefixes: pulumi.Output<string[] | undefined>;
  declare readonly freeMacs: pulumi.Output<boolean | undefined>;
  declare readonly allowUnprobed: pulumi.Output<boolean | undefined>;
  declare readonly networkStatus: pulumi.Output<boolean | undefined>;
  declare readonly vnicsPerNamespace: pulumi.Output<number | undefined>;
  declare readonly cluster: pulumi.Output<string | undefined>;
  /** UID of the record. */
  declare readonly uid: pulumi.Output<string>;

  /** @param name Name of the resource, and of the record unless `args.name` is set. */
  constructor(name: string, args: NetworkDefinitionArgs | undefined, options?: LookUpOptions) {
    refusePlainCredential();
    refuseOptions(`Network "${name}"`, options);
    const checked = refuseForeignValues(`Network "${name}"`, args);
    const outputs = Object.fromEntries(["name", "mode", ...optional, "uid"].map((field) => [field, undefined]));
    const given = args ?? whereOf(options);
    const { secretInputs, additionalSecretOutputs } = findSecrets(given, [], options, checked);
    const declaredBy = urnOf(Network.__pulumiType, name, options?.parent);
    const restore = leaveOutDebugStacks();
    try {
      super(
        Network.__pulumiType,
        name,
        { ...outputs, ...given, declaredBy, secretInputs, __provider: stubOf("Network") },
        { ...options, additionalSecretOutputs },
      );
    } catch (error) {
      restore(error);
      throw error;
    }
    restore();
    if (args) settleAbsent(this, missingOf(args, optional), options?.ignoreChanges);
    else settleRead(this, optional);
  }

  /** Gets an existing Network, which is read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: LookUpOptions): Network {
    return new Network(name, undefined, { ...options, id });
  }

  /** Whether an object is a Network, including one from another copy of this package. */
  static override isInstance(object: unknown): object is Network {
    return (
      pulumi.Resource.isInstance(object) && (object as { __pulumiType?: string }).__pulumiType === Network.__pulumiType
    );
  }
}

/**
 * The reference to a network in a Vnic's inputs. For a Network resource it includes the network's definition, so that
 * a change of it shows in the Vnic's plan. The fields are separate outputs, because one unknown field would make a
 * whole object unknown.
 */
export function referenceTo(network: unknown): pulumi.Input<unknown> {
  if (!Network.isInstance(network)) return network;
  const fields = Object.fromEntries(definitionFields.map((field) => [field, network[field]]));
  return { name: network.name, definition: fields };
}
