import pLimit from "p-limit";
import type { Cluster } from "../../cluster/cluster.ts";
import { VnicError } from "../../base/errors.ts";
import { addressName } from "../../model/address/address.ts";
import { segmentsOf } from "../../model/address/segment.ts";
import { deriveMac } from "../../model/names.ts";
import { clusterAddressProblems } from "../../model/network/cluster-addresses.ts";
import { networkInRecord, type StoredNetwork } from "../../model/network/record.ts";
import { termProblems } from "../../model/network/terms.ts";
import type { Definition } from "../../model/vnic/definition.ts";
import { type Problem, problemWords } from "../../model/schema/problem.ts";
import { isRealised } from "../../model/vnic/pending.ts";
import { refOf, type StoredVnic } from "../../model/vnic/record.ts";

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
  const all = await cluster.listVnicsIn(namespace, maxCounted);
  const isNamed = ({ spec }: StoredVnic) => "name" in spec.network && spec.network.name === network;
  const left = await leftOn(
    cluster,
    record,
    all.filter((vnic) => !isNamed(vnic)),
  );
  const there = [...all.filter(isNamed), ...left].sort(byAge);
  const position = there.findIndex(({ metadata }) => metadata.name === definition.name);
  if ((position < 0 ? there.length : position) < most) return;
  throw new VnicError(
    "refused",
    `network.name: namespace ${namespace} may have ${most} Vnics on VnicNetwork ${network} (vnicsPerNamespace), and has them`,
  );
}

/**
 * The Vnics whose NICs are still on the network although their records name another one, because it can't be used. A
 * Vnic has a MAC on each network that it is on, which only drivers can claim.
 */
async function leftOn(
  cluster: Cluster,
  { spec }: StoredNetwork,
  others: readonly StoredVnic[],
): Promise<readonly StoredVnic[]> {
  const limit = pLimit(8);
  const isLeft = await Promise.all(
    others.map((vnic) => limit(async () => !isRealised(vnic) && (await hasMacOn(cluster, segmentsOf(spec), vnic)))),
  );
  return others.filter((_, index) => isLeft[index]);
}

async function hasMacOn(cluster: Cluster, segments: readonly string[], vnic: StoredVnic): Promise<boolean> {
  const { metadata, spec, status } = vnic;
  const macs = new Set([status?.interface?.mac, spec.mac, deriveMac(refOf(vnic))]);
  for (const segment of segments)
    for (const value of macs) {
      const found = value === undefined ? undefined : await cluster.findAddress(addressName({ segment, value }));
      if (found?.spec.holder.uid === metadata.uid) return true;
    }
  return false;
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

function byAge(one: StoredVnic, other: StoredVnic): number {
  const key = ({ metadata: { creationTimestamp = "", uid } }: StoredVnic) => `${String(creationTimestamp)} ${uid}`;
  return key(one) < key(other) ? -1 : 1;
}
