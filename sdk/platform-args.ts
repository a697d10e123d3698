import type * as pulumi from "@pulumi/pulumi";

/** A part of what a cluster needs. */
export type PlatformPart = "namespace" | "crds" | "injector" | "provider" | "policies" | "agent" | "reconciler";

/** Where the pods of a workload run, and what they get. */
export interface WorkloadArgs {
  /**
   * Requests and limits of its container, in place of the default. A quantity is written in its shortest form: `500m`, `2`,
   * `512Mi`, `1Gi`.
   */
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  /** Labels that its nodes must have, besides `kubernetes.io/os: linux`. @default none */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Tolerations, in place of the default. @default all for the agent, none for the reconciler */
  readonly tolerations?: readonly TolerationArgs[];
  /** A PriorityClass that exists. @default `system-node-critical` for the agent, none for the reconciler */
  readonly priorityClassName?: string;
}

/** A toleration as in core/v1. */
export interface TolerationArgs {
  readonly key?: string;
  readonly operator?: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
  readonly tolerationSeconds?: number;
}

/** The reconciler's replicas. */
export interface ReconcilerArgs extends WorkloadArgs {
  /** How many stand ready; one of them works. @default 2 */
  readonly replicas?: number;
  /** How often it looks at every Vnic on its node, in seconds. @default 300 */
  readonly resyncSeconds?: number;
  /** Whether replicas keep to different nodes. @default "preferred" */
  readonly antiAffinity?: "none" | "preferred" | "required";
  /** How replicas spread over zones or the like (topologySpreadConstraints). @default none */
  readonly topologySpread?: readonly {
    readonly topologyKey: string;
    /** @default 1 */
    readonly maxSkew?: number;
    /** @default "ScheduleAnyway" */
    readonly whenUnsatisfiable?: "DoNotSchedule" | "ScheduleAnyway";
  }[];
  /** A PodDisruptionBudget that lets one replica go at a time; there is none with one replica. @default true */
  readonly disruptionBudget?: boolean;
}

/** What a Platform is made of. */
export interface PlatformArgs {
  /** The node image, best by digest. @default `localhost/pulumi-vnic-node:<version>` */
  image?: pulumi.Input<string>;
  /** Further images that may run in `vnic-system`, such as that of the version before. @default none */
  allowImages?: readonly string[];
  /** Names of Secrets in `vnic-system` with which the image is pulled. @default none */
  imagePullSecrets?: readonly string[];
  /**
   * The layout of the nodes' container runtime, where Nodes don't tell: `containerd`, `k3s` (also RKE2, k3d, Harvester), `k0s`,
   * `microk8s`, `cri-o`, or `<runtime>:<state directory>`. The annotation `pulumi-vnic.dev/runtime-layout` of a Node goes
   * before. @default told by each Node's version and labels
   */
  runtimeLayout?: string;
  /** Further layouts that Nodes' annotations may name. @default those above */
  allowRuntimeLayouts?: readonly string[];
  /** Whether to add OpenShift's security context constraints for our pods. @default false */
  openshift?: boolean;
  /** Labels of one's own for all objects and pods, but for the injection Jobs. @default none */
  labels?: Readonly<Record<string, string>>;
  /** Annotations of one's own for all objects and pods, but for the injection Jobs. @default none */
  annotations?: Readonly<Record<string, string>>;
  /** The node agent. */
  agent?: WorkloadArgs;
  /** The reconciler. */
  reconciler?: ReconcilerArgs;
  /** Parts to leave out, because somebody else installs them, or nobody needs them. @default none */
  without?: readonly PlatformPart[];
}
