import type * as pulumi from "@pulumi/pulumi";

/** Options for a resource that is read but not managed. */
export interface LookUpOptions extends pulumi.CustomResourceOptions {
  /** The cluster to read it from, by its name in the setting `vnic:clusters`. @default the cluster that `vnic:kubeconfig` leads to */
  cluster?: pulumi.Input<string>;
}

/** The inputs that say where a resource is read from. */
export function whereOf(options: LookUpOptions | undefined): { cluster?: pulumi.Input<string> } {
  return options?.cluster === undefined ? {} : { cluster: options.cluster };
}
