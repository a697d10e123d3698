import type * as pulumi from "@pulumi/pulumi";

/** A part of the platform, which is a group of manifests. */
export type PlatformPart = "namespace" | "crds" | "injector" | "policies" | "provider" | "agent" | "reconciler";

/** Scheduling and resources of a workload's pods. */
export interface WorkloadArgs {
  /**
   * Requests and limits of the container; replaces the default. Write quantities in their shortest form: `500m`, `2`,
   * `512Mi`, `1Gi`.
   */
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  /** Labels that its nodes must have, in addition to `kubernetes.io/os: linux`. @default none */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Tolerations; they replace the default. @default all for the agent, none for the reconciler */
  readonly tolerations?: readonly TolerationArgs[];
  /** Name of an existing PriorityClass. @default `system-node-critical` for the agent, none for the reconciler */
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

/** Settings of the reconciler. */
export interface ReconcilerArgs extends WorkloadArgs {
  /** Number of replicas; one works, the others are on standby. @default 2 */
  readonly replicas?: number;
  /** How often the reconciler checks every Vnic on its node, in seconds. @default 300 */
  readonly resyncSeconds?: number;
  /** Whether replicas have to run on different nodes. @default "preferred" */
  readonly antiAffinity?: "none" | "preferred" | "required";
  /** How replicas spread over zones or similar (topologySpreadConstraints). @default none */
  readonly topologySpread?: readonly {
    readonly topologyKey: string;
    /** @default 1 */
    readonly maxSkew?: number;
    /** @default "ScheduleAnyway" */
    readonly whenUnsatisfiable?: "DoNotSchedule" | "ScheduleAnyway";
  }[];
  /**
   * Whether to add a PodDisruptionBudget that allows one replica at a time to be evicted; never added for a single
   * replica. @default true
   */
  readonly disruptionBudget?: boolean;
}

/** The arguments of a Platform. */
export interface PlatformArgs {
  /** The node image, preferably by digest. @default `localhost/pulumi-vnic-node:<version>` */
  image?: pulumi.Input<string>;
  /** Further images that may run in `vnic-system`, such as that of the previous version. @default none */
  allowImages?: readonly string[];
  /** Names of Secrets in `vnic-system` for pulling the image. @default none */
  imagePullSecrets?: readonly string[];
  /**
   * The layout of the nodes' container runtime, for Nodes whose version and labels don't show it: `containerd`, `k3s`
   * (also RKE2, k3d, Harvester), `k0s`, `microk8s`, `cri-o`, or `<runtime>:<state directory>`. A Node's annotation
   * `pulumi-vnic.dev/runtime-layout` takes precedence. @default detected from each Node's version and labels
   */
  runtimeLayout?: string;
  /** Further layouts that the annotations of Nodes may name. @default those above */
  allowRuntimeLayouts?: readonly string[];
  /** Whether to add OpenShift's security context constraints for our pods. @default false */
  openshift?: boolean;
  /**
   * Whether Networks may set `networkStatus`. Gives the provider and the reconciler the right to change the annotation
   * `k8s.v1.cni.cncf.io/network-status` of pods, and nothing else of them. @default false
   */
  networkStatus?: boolean;
  /** Additional labels for all objects and pods, except the injection Jobs. @default none */
  labels?: Readonly<Record<string, string>>;
  /** Additional annotations for all objects and pods, except the injection Jobs. @default none */
  annotations?: Readonly<Record<string, string>>;
  /** Settings of the node agent. */
  agent?: WorkloadArgs;
  /** Settings of the reconciler. */
  reconciler?: ReconcilerArgs;
  /** Parts to leave out, because they are installed separately or aren't needed. @default none */
  without?: readonly PlatformPart[];
}
