import { isVnicError } from "../base/errors.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { AddressClaim } from "../lifecycle/address/address-claim.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import { segmentsOfUsedNetwork } from "../lifecycle/network/vnic-network.ts";
import { wantedAddressesOf } from "../model/address/address.ts";
import { readHeld, segmentsWithoutHeld } from "../model/address/held.ts";
import { vnicId } from "../model/names.ts";
import type { NetworkReference } from "../model/network/reference.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { refOf } from "../model/vnic/record.ts";
import type { Task } from "./task.ts";

/*
 * A network that gets another parent has a segment more, on which its Vnics must hold their addresses as well, or others could get
 * them there.
 */

const deadlineSeconds = 30;

/** For this long a network that was read counts for all its Vnics, which are usually checked together. */
const freshMilliseconds = 10_000;

interface Read {
  readonly segments: Promise<readonly string[]>;
  readonly until: number;
}
const reads = new WeakMap<Cluster, Map<string, Read>>();

/**
 * Claims the addresses of an attached Vnic on segments that its network has got since. Nothing is done in its pod, and what it holds
 * on other segments stays.
 */
export async function holdOnNewSegments({ context, record }: Task, definition: Definition): Promise<void> {
  const { cluster, claims } = context;
  const { uid, generation, namespace } = record.metadata;
  const segments = await segmentsLately(cluster, definition.network, namespace);
  if (segmentsWithoutHeld(record.metadata, segments).length === 0) return;
  const ref = refOf(record);
  const deadline = new Deadline(`holding the addresses of Vnic ${vnicId(ref)}`, deadlineSeconds);
  await claims.hold(context, ref, record, deadline, async ({ record: current }) => {
    // Another driver has changed it, and claims what it wants now.
    if (current?.metadata.uid !== uid || current.metadata.generation !== generation) return;
    const held = readHeld(current.metadata).map(({ segment }) => segment);
    const wanted = wantedAddressesOf(definition, [...new Set([...held, ...segments])]);
    const addresses = new AddressClaim(cluster, wanted, current);
    try {
      await addresses.claimFor(current);
    } catch (error) {
      await addresses.release();
      throw error;
    }
  });
}

/** The segments of a network; none if it can't be used any more, because its Vnics keep what they have. */
function segmentsLately(cluster: Cluster, network: NetworkReference, namespace: string): Promise<readonly string[]> {
  const known = reads.get(cluster) ?? new Map<string, Read>();
  reads.set(cluster, known);
  const now = performance.now();
  for (const [key, { until }] of known) if (until <= now) known.delete(key);
  const key = `${namespace} ${JSON.stringify(network)}`;
  const found = known.get(key)?.segments;
  if (found) return found;
  const segments = segmentsOfUsedNetwork(cluster, network, namespace).catch((error: unknown) => {
    if (isVnicError(error, "refused")) return [];
    known.delete(key);
    throw error;
  });
  known.set(key, { segments, until: now + freshMilliseconds });
  return segments;
}
