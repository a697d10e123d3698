import pLimit from "p-limit";
import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError } from "../../base/errors.ts";
import { hostOf } from "../../base/address.ts";
import { wantedAddressesOf } from "../../model/address/address.ts";
import { writeHeld } from "../../model/address/held.ts";
import { annotations, labels } from "../../model/names.ts";
import { isNamed } from "../../model/network/reference.ts";
import { definitionInRecord, type StoredVnic } from "../../model/vnic/record.ts";
import { segmentsOfNetwork } from "../network/vnic-network.ts";
import { claimAddresses } from "./claim-addresses.ts";

/* Records of versions before VnicAddress, which mark the holders of addresses by labels. */

const takenOver = new WeakMap<object, Promise<void>>();

/**
 * Claims the addresses and MACs of Vnics that an older version of this package attached. Runs once per process, before
 * other claims are granted. The addresses come from the record's status, which tenants can't write.
 */
export function takeOverOlder(cluster: Cluster): Promise<void> {
  const running = takenOver.get(cluster) ?? takeOver(cluster);
  takenOver.set(cluster, running);
  running.catch(() => takenOver.delete(cluster));
  return running;
}

async function takeOver(cluster: Cluster): Promise<void> {
  const older = (await cluster.listVnics(labels.mac)).filter(({ status }) => status?.interface !== undefined);
  older.sort((one, other) => ageOf(one).localeCompare(ageOf(other)));
  const limit = pLimit(8);
  await Promise.all(older.map((record) => limit(() => claimFor(cluster, record))));
}

async function claimFor(cluster: Cluster, record: StoredVnic): Promise<void> {
  const { interface: live } = record.status ?? {};
  if (!live) return;
  try {
    const definition = definitionInRecord(record);
    const there = new Set([live.mac, ...live.addresses.map(hostOf)]);
    const { network, pod } = definition;
    const membership = isNamed(network) ? { namespace: pod.namespace, network: network.name } : undefined;
    const segments = await segmentsOfNetwork(cluster, network, pod.namespace);
    const holdings = wantedAddressesOf(definition, segments, membership);
    const held = holdings.filter(({ value }) => there.has(value));
    await claimAddresses(cluster, held, record.metadata);
    await cluster.changeVnic(record, {
      annotations: { [annotations.held]: writeHeld(held) },
      labels: formerLabels(record),
    });
  } catch (error) {
    // The next driver that works on the Vnic reports the problem, which must not concern other Vnics.
    if (isVnicError(error, "unreachable")) throw error;
  }
}

/** The change that removes the labels of older versions. */
function formerLabels({ metadata }: StoredVnic): Record<string, null> {
  const keys = Object.keys(metadata.labels ?? {}).filter((key) => key === labels.mac || key.startsWith(labels.address));
  return Object.fromEntries(keys.map((key) => [key, null]));
}

function ageOf({ metadata }: StoredVnic): string {
  return metadata.creationTimestamp ?? "";
}
