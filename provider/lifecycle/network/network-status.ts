import { isVnicError, messageOf, VnicError } from "../../base/errors.ts";
import type { PodRef } from "../../cluster/cluster.ts";
import {
  entryOf,
  hasEntry,
  networkStatusAnnotation,
  withEntry,
  withoutEntry,
} from "../../model/kubernetes/network-status.ts";
import type { PodObject } from "../../model/kubernetes/pod.ts";
import type { PublishedEntry, VnicStatus } from "../../model/vnic/conditions.ts";
import type { NetworkOnNode } from "../../model/vnic/state.ts";
import type { Interface } from "../../model/wire/session-protocol.ts";
import type { Driver } from "../driver.ts";

/* The entry of a Vnic in its pod's annotation network-status. */

type PublishDriver = Pick<Driver, "cluster" | "warn">;

/**
 * The name under which the pod will list the Vnic; undefined if the network doesn't ask for it. Refuses before anything
 * is done if we may not change the pod.
 */
export async function preparePublication(
  { cluster, warn }: PublishDriver,
  { networkStatus }: NetworkOnNode,
  pod: PodRef,
): Promise<string | undefined> {
  if (networkStatus === undefined) return undefined;
  try {
    if (await cluster.hasDynamicNetworksController()) {
      warn?.(
        `pod ${pod.namespace}/${pod.name} won't list the Vnic in ${networkStatusAnnotation}: multus-dynamic-networks-controller is installed, and would unplug it`,
      );
      return undefined;
    }
    await cluster.tryPodChange(pod);
  } catch (error) {
    if (!isVnicError(error, "forbidden")) throw error;
    const remedy =
      "install it with networkStatus (npx pulumi-vnic manifests --network-status), or leave it out of the network";
    throw new VnicError("forbidden", `the network's networkStatus: ${remedy}: ${error.message}`, { cause: error });
  }
  return networkStatus;
}

/** Describes the entry of a NIC for the record's status. */
export function publishedEntry(name: string, pod: PodRef, nic: Interface): PublishedEntry {
  return { name, pod: pod.name, podUid: pod.uid, interface: nic.name, mac: nic.mac };
}

/** Brings the annotations of pods from the `former` entry of a Vnic to the current one; `nic` is the NIC in its pod. */
export async function publish(
  driver: PublishDriver,
  namespace: string,
  former: PublishedEntry | undefined,
  now: PublishedEntry | undefined,
  nic: Interface,
): Promise<void> {
  if (former && former.podUid !== now?.podUid) await withdraw(driver, namespace, former);
  if (!now) return;
  const pod = { namespace, name: now.pod, uid: now.podUid };
  const replaced = former && former.podUid === now.podUid ? [former] : [];
  await driver.cluster.changePodAnnotation(pod, networkStatusAnnotation, (text) =>
    withEntry(text, entryOf(now.name, nic), replaced),
  );
}

/**
 * Removes the entry of a Vnic from the pod that has it. If the right to change pods was withdrawn, the Vnic is removed
 * nevertheless.
 */
export async function withdraw(
  { cluster, warn }: PublishDriver,
  namespace: string,
  entry: PublishedEntry | undefined,
): Promise<void> {
  if (!entry) return;
  const pod = { namespace, name: entry.pod, uid: entry.podUid };
  try {
    await cluster.changePodAnnotation(pod, networkStatusAnnotation, (text) => withoutEntry(text, entry));
  } catch (error) {
    if (!isVnicError(error, "forbidden", "refused")) throw error;
    warn?.(`the entry of interface ${entry.interface} stays in the pod: ${messageOf(error)}`);
  }
}

/** Whether the pod lists the Vnic as the Vnic's status says, which may be not at all. `nic` is the NIC as last seen. */
export function isPublished(
  { networkStatus, interface: seen }: VnicStatus,
  pod: PodObject | undefined,
  nic: Interface | undefined = seen,
): boolean {
  if (!networkStatus || !nic || pod?.metadata?.uid !== networkStatus.podUid) return true;
  return hasEntry(pod.metadata.annotations?.[networkStatusAnnotation], entryOf(networkStatus.name, nic));
}
