import * as pulumi from "@pulumi/pulumi";
import { Network } from "./network.ts";
import type { AddressRange, Deadlines } from "./arguments.ts";
import type { VnicArgs } from "./vnic.ts";
import { type LookUpOptions, whereOf } from "./look-up.ts";
import { leaveOutDebugStacks } from "./debug-stacks.ts";
import { urnOf } from "./declared-by.ts";
import { refusePlainCredential } from "./plain-credential.ts";
import { stubOf } from "./stubs.ts";
import { settleRead } from "./previewed-outputs.ts";
import { withTimeouts } from "./deadlines.ts";
import { refuseForeignValues, refuseOptions } from "./foreign-values.ts";
import { findSecrets } from "./secret-inputs.ts";

/** A workload, all of whose pods are selected. */
export interface WorkloadIdentifier {
  kind: pulumi.Input<"Deployment" | "StatefulSet" | "DaemonSet">;
  /** The workload's name. The workload must be in the set's namespace. */
  name: pulumi.Input<string>;
}

/** The fields of {@link VnicArgs} that all Vnics of a set share. */
export type VnicTemplate = Omit<VnicArgs, "pod" | "addresses" | "mac" | "name" | "adopt" | "deadlines" | "cluster">;

/** The definition of a {@link VnicSet}. All fields except name, namespace and cluster are changed in place. */
export interface VnicSetArgs {
  /** Namespace of the pods, the record and the Vnics. A new one replaces the set. @default "default" */
  namespace?: pulumi.Input<string>;
  /** Labels that select the pods. Set this or `workload`. */
  selector?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The workload whose pods are selected. Set this or `selector`. */
  workload?: pulumi.Input<WorkloadIdentifier>;
  /**
   * The fields that all Vnics of the set have in common. A change that would replace a Vnic replaces every Vnic of the
   * set.
   */
  template: pulumi.Input<VnicTemplate>;
  /**
   * Ranges to allocate from, at most one each of IPv4 and IPv6; each pod gets one address of each. @default those of
   * the Network in the template
   */
  addresses?: pulumi.Input<pulumi.Input<AddressRange>[]>;
  /**
   * Name of the record, at most 52 characters. A new name replaces the set. @default the resource's name at creation,
   * which is kept if the resource is later renamed with an alias
   */
  name?: pulumi.Input<string>;
  /** Labels of the record, in addition to our own. @default none */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** How long each operation may take. */
  deadlines?: pulumi.Input<Deadlines>;
  /**
   * Name of the cluster, as in the setting `vnic:clusters`. A new one replaces the set. @default the cluster of
   * `vnic:kubeconfig`
   */
  cluster?: pulumi.Input<string>;
}

/** Outputs that an `up` or a refresh computes. */
const derivedOutputs = ["uid", "desired", "ready", "podAddresses"] as const;

/**
 * One Vnic for each pod of an application. The reconciler, which a `Platform` installs, follows scaling, rollouts and
 * rescheduling. A pod keeps its address by its name.
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
  /** Number of pods that should have a Vnic, when last read. */
  declare readonly desired: pulumi.Output<number>;
  /** Number of these pods whose Vnic is ready. */
  declare readonly ready: pulumi.Output<number>;
  /** Addresses with prefix length by pod name, for each pod that has a Vnic. */
  declare readonly podAddresses: pulumi.Output<Record<string, string[]>>;

  /** @param name Name of the resource, and of the record unless `args.name` is set. */
  constructor(name: string, args: VnicSetArgs | undefined, options?: LookUpOptions) {
    refusePlainCredential();
    refuseOptions(`VnicSet "${name}"`, options);
    const checked = refuseForeignValues(`VnicSet "${name}"`, args);
    const timed = args && withTimeouts(args, options?.customTimeouts);
    const given = timed ? { ...timed, template: withNetworkName(timed.template) } : whereOf(options);
    const { secretInputs, additionalSecretOutputs } = findSecrets(given, derivedOutputs, options, checked);
    const placeholders = Object.fromEntries(
      ["name", "namespace", "template", ...derivedOutputs].map((key) => [key, undefined]),
    );
    const declaredBy = urnOf(VnicSet.__pulumiType, name, options?.parent);
    const restore = leaveOutDebugStacks();
    try {
      super(
        VnicSet.__pulumiType,
        name,
        { ...placeholders, ...given, declaredBy, secretInputs, __provider: stubOf("VnicSet") },
        { ...options, additionalSecretOutputs },
      );
    } catch (error) {
      restore(error);
      throw error;
    }
    restore();
    if (!args) settleRead(this, [...derivedOutputs]);
  }

  /**
   * Gets an existing VnicSet, which is read but not managed.
   * @param id `<namespace>/<name>` of its record.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: LookUpOptions): VnicSet {
    return new VnicSet(name, undefined, { ...options, id });
  }

  /** Whether an object is a VnicSet, including one from another copy of this package. */
  static override isInstance(object: unknown): object is VnicSet {
    return (
      pulumi.Resource.isInstance(object) && (object as { __pulumiType?: string }).__pulumiType === VnicSet.__pulumiType
    );
  }
}

/** Replaces a Network resource in the template by its name, by which the reconciler finds it. */
function withNetworkName(template: VnicSetArgs["template"]): VnicSetArgs["template"] {
  if (!("network" in template) || !Network.isInstance(template.network)) return template;
  return { ...template, network: { name: template.network.name } };
}
