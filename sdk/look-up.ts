import type * as pulumi from "@pulumi/pulumi";

/** Options for a resource that is read but not managed. */
export interface LookUpOptions extends pulumi.CustomResourceOptions {
  /** Name of the cluster to read from, as in the setting `vnic:clusters`. @default the cluster of `vnic:kubeconfig` */
  cluster?: pulumi.Input<string>;
}

/** The inputs that select the cluster to read from. */
export function whereOf(options: LookUpOptions | undefined): { cluster?: pulumi.Input<string> } {
  return options?.cluster === undefined ? {} : { cluster: options.cluster };
}
