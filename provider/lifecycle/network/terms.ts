import type { Cluster } from "../../cluster/cluster.ts";
import { VnicError } from "../../base/errors.ts";
import { clusterAddressProblems } from "../../model/network/cluster-addresses.ts";
import { networkInRecord, type StoredNetwork } from "../../model/network/record.ts";
import { termProblems } from "../../model/network/terms.ts";
import type { Definition } from "../../model/vnic/definition.ts";
import { type Problem, problemWords } from "../../model/schema/problem.ts";
import type { StoredVnic } from "../../model/vnic/record.ts";

/*
 * Checks what a VnicNetwork allows a Vnic to have, again before anything is made: not every cluster has the policies,
 * and the network may have changed since the record was admitted.
 */

/** Limit for counting the Vnics of one namespace. */
const maxCounted = 20_000;

/** Refuses what the network doesn't allow the Vnic to have, with all reasons at once. */
export async function refuseBeyondTerms(
  cluster: Cluster,
  definition: Definition,
  record: StoredNetwork,
): Promise<void> {
  refuseProblems(termProblems(networkInRecord(record), definition));
  await refuseTooMany(cluster, definition, record);
}

/** Refuses a Vnic that exceeds its namespace's quota on the network. Older Vnics take precedence. */
export async function refuseTooMany(cluster: Cluster, definition: Definition, record: StoredNetwork): Promise<void> {
  const most = record.spec.vnicsPerNamespace;
  if (most === undefined) return;
  const { namespace } = definition.pod;
  const network = record.metadata.name;
  const there = (await cluster.listVnicsIn(namespace, maxCounted))
    .filter(({ spec }) => "name" in spec.network && spec.network.name === network)
    .sort(byAge);
  const position = there.findIndex(({ metadata }) => metadata.name === definition.name);
  if ((position < 0 ? there.length : position) < most) return;
  throw new VnicError(
    "refused",
    `network.name: namespace ${namespace} may have ${most} Vnics on VnicNetwork ${network} (vnicsPerNamespace), and has them`,
  );
}

/** Refuses addresses of nodes, pods, services and the API server, on any network. */
export async function refuseClusterAddresses(cluster: Cluster, { addresses }: Definition): Promise<void> {
  if (addresses.length === 0) return;
  refuseProblems(clusterAddressProblems(addresses, await cluster.clusterAddresses()));
}

function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new VnicError("refused", problemWords(problems));
}

function byAge(one: StoredVnic, other: StoredVnic): number {
  const key = ({ metadata: { creationTimestamp = "", uid } }: StoredVnic) => `${String(creationTimestamp)} ${uid}`;
  return key(one) < key(other) ? -1 : 1;
}
