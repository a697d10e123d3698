import { VnicError } from "../base/errors.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { variableOf } from "../cluster/kubeconfig.ts";
import type { Settings } from "./settings.ts";

/**
 * The UID of the namespace `kube-system`, which commonly identifies a cluster, because it lasts as long as the
 * cluster.
 */
export async function clusterUidOf(cluster: Cluster): Promise<string> {
  const uid = (await cluster.findNamespace("kube-system"))?.metadata?.uid;
  if (uid !== undefined) return uid;
  throw new VnicError("failed", "the cluster has no namespace kube-system, by whose UID it is recognised");
}

/**
 * Refuses to work on a resource that was created in another cluster: nothing would be found here, and the resource
 * would be considered deleted while its NIC is still in use.
 */
export function refuseOtherCluster(
  { what, clusterUid: known }: { readonly what: string; readonly clusterUid?: string | undefined },
  clusterUid: string,
  { kubeconfig, context, setting: named }: Settings,
): void {
  if (known === undefined || known === clusterUid) return;
  const setting = named ?? (kubeconfig === undefined ? "KUBECONFIG" : (variableOf(kubeconfig) ?? "vnic:kubeconfig"));
  const used = context === undefined ? setting : `${setting} with the context ${JSON.stringify(context)}`;
  throw new VnicError(
    "refused",
    `${what} was made in cluster ${known}, this is ${clusterUid}: ${used} leads to another cluster; correct it, ` +
      `or if the first cluster is gone for ever, forget the resource with "pulumi state delete"`,
  );
}
