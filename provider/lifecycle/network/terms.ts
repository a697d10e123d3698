import type { Cluster } from "../../cluster/cluster.ts";
import { VnicError } from "../../base/errors.ts";
import { clusterAddressProblems } from "../../model/network/cluster-addresses.ts";
import { networkInRecord, type StoredNetwork } from "../../model/network/record.ts";
import { termProblems } from "../../model/network/terms.ts";
import type { Definition } from "../../model/vnic/definition.ts";
import { type Problem, problemWords } from "../../model/schema/problem.ts";

/*
 * Checks what a VnicNetwork allows a Vnic to have, again before anything is made: not every cluster has the policies,
 * and the network may have changed since the record was admitted.
 */

/** Refuses what the network doesn't allow the Vnic to have, with all reasons at once. */
export function refuseBeyondTerms(definition: Definition, record: StoredNetwork): void {
  refuseProblems(termProblems(networkInRecord(record), definition));
}

/** Refuses addresses of nodes, pods, services and the API server, on any network. */
export async function refuseClusterAddresses(cluster: Cluster, { addresses }: Definition): Promise<void> {
  if (addresses.length === 0) return;
  refuseProblems(clusterAddressProblems(addresses, await cluster.clusterAddresses()));
}

/** Refuses with all problems at once, if there are any. */
export function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new VnicError("refused", problemWords(problems));
}
