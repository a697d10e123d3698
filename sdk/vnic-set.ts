import * as pulumi from "@pulumi/pulumi";
import { Network } from "./network.ts";
import type { AddressRange, Deadlines } from "./arguments.ts";
import type { VnicArgs } from "./vnic.ts";
import { type LookUpOptions, whereOf } from "./look-up.ts";
import { urnOf } from "./declared-by.ts";
import { refusePlainCredential } from "./plain-credential.ts";
import { stubOf } from "./stubs.ts";
import { markDerivedSecrets, settleRead } from "./previewed-outputs.ts";

/** An application as a whole: all pods of it. */
export interface WorkloadIdentifier {
  kind: pulumi.Input<"Deployment" | "StatefulSet" | "DaemonSet">;
  /** Its name, in the set's namespace. */
  name: pulumi.Input<string>;
}

/** A {@link VnicArgs} without what each Vnic of a set has for itself. */
export type VnicTemplate = Omit<VnicArgs, "pod" | "addresses" | "mac" | "name" | "adopt" | "deadlines" | "cluster">;

/** The definition data of a {@link VnicSet}. All but name and namespace are changed in place. */
export interface VnicSetArgs {
  /** Namespace of the pods, the record and the Vnics. Another one replaces the set. @default "default" */
  namespace?: pulumi.Input<string>;
  /** The labels of the pods; or else give `workload`. */
  selector?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The application whose pods are meant; or else give `selector`. */
  workload?: pulumi.Input<WorkloadIdentifier>;
  /** What all Vnics of the set have in common. A change that replaces a Vnic replaces each of them. */
  template: pulumi.Input<VnicTemplate>;
  /** At most one range of IPv4 and one of IPv6: each pod gets one address of each. @default those of the Network that the template names */
  addresses?: pulumi.Input<pulumi.Input<AddressRange>[]>;
  /**
   * Name of the record, at most 52 characters. Another one replaces the set. @default the resource's name when it is made,
   * which stays when the resource is renamed with an alias
   */
  name?: pulumi.Input<string>;
  /** Labels of the record. @default none but our own */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** How long each operation may take. */
  deadlines?: pulumi.Input<Deadlines>;
  /**
   * The cluster, by its name in the setting `vnic:clusters`. Another one replaces the set. @default the cluster that
   * `vnic:kubeconfig` leads to
   */
  cluster?: pulumi.Input<string>;
}

/** Outputs that an `up` or a refresh makes of the arguments. */
const derivedOutputs = ["uid", "desired", "ready", "podAddresses"] as const;

/**
 * One Vnic for each pod of an application, for as long as it has pods: scale, rollout and rescheduling are followed by the
 * reconciler, which a `Platform` installs. A pod's address stays with its name.
 *
 * @example
 * const wires = new VnicSet("db-wires", {
 *   namespace: "shop",
 *   workload: { kind: "StatefulSet", name: "db" },
 *   template: { network: { parent: "eth1" } },
 *   addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.10", to: "192.168.50.40" }],
 * });
 * export const addresses = wires.podAddresses;
 */
export class VnicSet extends pulumi.CustomResource {
  /** The type token, for policy packs. */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/vnic:VnicSet";

  /** Name of the record. */
  declare readonly name: pulumi.Output<string>;
  declare readonly namespace: pulumi.Output<string>;
  /** UID of the record. */
  declare readonly uid: pulumi.Output<string>;
  /** How many pods shall have a Vnic, at the last look. */
  declare readonly desired: pulumi.Output<number>;
  /** How many of these pods have their Vnic. */
  declare readonly ready: pulumi.Output<number>;
  /** The addresses of each pod that has a Vnic, with prefix length, by the pod's name. */
  declare readonly podAddresses: pulumi.Output<Record<string, string[]>>;

  /**
   * @param name Name of the resource; also of the record, unless `args.name` gives another.
   */
  constructor(name: string, args: VnicSetArgs | undefined, options?: LookUpOptions) {
    refusePlainCredential();
    const given = args ? { ...args, template: named(args.template) } : whereOf(options);
    const secretOutputs = [...(options?.additionalSecretOutputs ?? [])];
    const secretsMarked = markDerivedSecrets(given, derivedOutputs, secretOutputs);
    const placeholders = Object.fromEntries(
      ["name", "namespace", "template", ...derivedOutputs].map((key) => [key, undefined]),
    );
    const declaredBy = secretsMarked.then(() => urnOf(VnicSet.__pulumiType, name, options?.parent));
    const more = { additionalSecretOutputs: secretOutputs };
    super(
      VnicSet.__pulumiType,
      name,
      { ...placeholders, ...given, declaredBy, __provider: stubOf("VnicSet") },
      { ...options, ...more },
    );
    if (!args) settleRead(this, [...derivedOutputs]);
  }

  /**
   * A VnicSet that exists, read but not managed.
   *
   * @param id `<namespace>/<name>` of its record.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: LookUpOptions): VnicSet {
    return new VnicSet(name, undefined, { ...options, id });
  }

  /** Whether an object is a VnicSet, also one made by another copy of this package. */
  static override isInstance(object: unknown): object is VnicSet {
    return (
      pulumi.Resource.isInstance(object) && (object as { __pulumiType?: string }).__pulumiType === VnicSet.__pulumiType
    );
  }
}

/** The reconciler knows a Network by its name. */
function named(template: VnicSetArgs["template"]): VnicSetArgs["template"] {
  if (!("network" in template) || !Network.isInstance(template.network)) return template;
  return { ...template, network: { name: template.network.name } };
}
