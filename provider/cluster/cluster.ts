import type { AddressRecord, Holder, StoredAddress } from "../model/address/address.ts";
import type { EventObject } from "../model/vnic/event.ts";
import type { VnicRef } from "../model/names.ts";
import type { AttachmentDefinition } from "../model/network/attachment-definition.ts";
import type { ClusterAddress } from "../model/network/cluster-addresses.ts";
import type { NetworkRecord, StoredNetwork } from "../model/network/record.ts";
import type { NamespaceObject } from "../model/kubernetes/namespace.ts";
import type { NodeObject } from "../model/kubernetes/node.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { MetadataChange, StoredVnic, VnicRecord } from "../model/vnic/record.ts";
import type { RuntimeClassObject } from "../model/kubernetes/runtime-class.ts";
import type { ClusterEvent } from "../model/kubernetes/session-event.ts";
import type { SessionJob } from "../model/kubernetes/session-job.ts";
import type { VnicStatus } from "../model/vnic/conditions.ts";
import type { Workload } from "../model/vnic-set/definition.ts";
import type { StoredVnicSet, VnicSetRecord, VnicSetStatus } from "../model/vnic-set/record.ts";
import type { WorkloadObject } from "../model/vnic-set/selection.ts";

/**
 * All that the rest of the project wants of a Kubernetes cluster.
 *
 * `find*` answers `undefined` only when the API server said "not found"; whatever else goes wrong is a `VnicError` that
 * names the object: `unreachable`, `forbidden`, `notInstalled`, `conflict` or `failed`.
 */
export interface Cluster extends VnicCluster, NetworkCluster, AddressCluster {
  findPod(namespace: string, name: string): Promise<PodObject | undefined>;
  findNamespace(name: string): Promise<NamespaceObject | undefined>;
  findNode(name: string): Promise<NodeObject | undefined>;
  findRuntimeClass(name: string): Promise<RuntimeClassObject | undefined>;

  /** The addresses that are the cluster's own, at most a minute old. */
  clusterAddresses(): Promise<readonly ClusterAddress[]>;

  /** Fine when there is one of that name. */
  createEvent(event: EventObject): Promise<void>;

  createJob(job: SessionJob): Promise<void>;
  /** The pod of a Job, once the Job controller has made it. */
  findJobPod(job: string): Promise<PodObject | undefined>;
  /** The pod of the node agent on that node; one that is not on its way out, if there are several. */
  findAgentPod(node: string): Promise<PodObject | undefined>;
  /** The events of our own namespace about the Job or pod of that name, the oldest first. */
  listSystemEvents(name: string): Promise<readonly ClusterEvent[]>;
  /** Deletes the Job and its pod; succeeds when they are gone. */
  deleteJob(name: string): Promise<void>;
  /** Opens stdin and stdout of a running container of ours; `undefined` when it doesn't run yet. */
  attach(pod: string, container: string): Promise<Attachment | undefined>;
}

/** The records of Vnics. */
export interface VnicCluster {
  findVnic(ref: VnicRef): Promise<StoredVnic | undefined>;
  /** The Vnics that a label selector matches; of all namespaces, unless one is given. */
  listVnics(selector: string, namespace?: string): Promise<StoredVnic[]>;
  /** The Vnics of one namespace, at most that many. */
  listVnicsIn(namespace: string, most: number): Promise<StoredVnic[]>;
  /** Server-side apply as its owner; `conflict` when another manager holds a field with another value, unless forced. */
  applyVnic(record: VnicRecord, options: { force: boolean }): Promise<StoredVnic>;
  /**
   * Applies another status in place of the one that is there, if there is one; with the right to patch it alone. `change` is
   * asked once more when another writer comes between. `conflict` when it is another object than the one with that UID.
   */
  changeVnicStatus(ref: VnicRef, uid: string, change: (status: VnicStatus) => VnicStatus): Promise<void>;
  applyVnicStatus(ref: VnicRef, status: VnicStatus): Promise<void>;
  /** Changes metadata, if the record is still just that one; `outdated` when it was written since, or is gone. */
  changeVnic(record: StoredVnic, change: MetadataChange): Promise<StoredVnic>;
  /** Puts another value, or none, in the place of an annotation's; answers whether it still had that one. */
  swapVnicAnnotation(ref: VnicRef, name: string, was: string, is: string | undefined): Promise<boolean>;
  /** Marks for deletion, if it is still the object with that UID; fine when it is gone. */
  deleteVnic(ref: VnicRef, uid: string): Promise<void>;
  /** Drops our finalizer, if it is still the object with that UID; fine when it is gone. */
  releaseVnic(ref: VnicRef, uid: string): Promise<void>;
}

/** The external networks. */
export interface NetworkCluster {
  findNetwork(name: string): Promise<StoredNetwork | undefined>;
  /** Server-side apply as its owner; `conflict` when another manager holds a field with another value, unless forced. */
  applyNetwork(record: NetworkRecord, options: { force: boolean }): Promise<StoredNetwork>;
  /** Adds our finalizer, if it is still the object with that UID and isn't being deleted; fine when it is gone. */
  holdNetwork(name: string, uid: string): Promise<void>;
  /** Drops our finalizer, if it is still the object with that UID; fine when it is gone. */
  releaseNetwork(name: string, uid: string): Promise<void>;
  /** Marks for deletion, if it is still the object with that UID; fine when it is gone. */
  deleteNetwork(name: string, uid: string): Promise<void>;
  findAttachmentDefinition(ref: VnicRef): Promise<AttachmentDefinition | undefined>;
}

/** The held addresses: objects that the API server lets one writer create or change. */
export interface AddressCluster {
  /** `false` when there is one of that name already. */
  createAddress(record: AddressRecord): Promise<boolean>;
  findAddress(name: string): Promise<StoredAddress | undefined>;
  /** Names another holder, if the object is still just that one; `outdated` when it was written since, or is gone. */
  passAddress(address: StoredAddress, holder: Holder): Promise<void>;
  /** Deletes the object, if it is still just that one; fine when it was written since, or is gone. */
  deleteAddress(address: StoredAddress): Promise<void>;
}

/** What VnicSets need beside that. */
export interface VnicSetCluster {
  findVnicSet(ref: VnicRef): Promise<StoredVnicSet | undefined>;
  /** Server-side apply as its owner; `conflict` when another manager holds a field with another value, unless forced. */
  applyVnicSet(record: VnicSetRecord, options: { force: boolean }): Promise<StoredVnicSet>;
  applyVnicSetStatus(ref: VnicRef, status: VnicSetStatus): Promise<void>;
  /** Adds our finalizer, if it is still the object with that UID and isn't being deleted; fine when it is gone. */
  holdVnicSet(ref: VnicRef, uid: string): Promise<void>;
  /** Drops our finalizer, if it is still the object with that UID; fine when it is gone. */
  releaseVnicSet(ref: VnicRef, uid: string): Promise<void>;
  /** Marks for deletion, if it is still the object with that UID; fine when it is gone. */
  deleteVnicSet(ref: VnicRef, uid: string): Promise<void>;
  /** Server-side apply of a set's Vnic, beside what whoever realises it has written. */
  applyMember(record: VnicRecord): Promise<StoredVnic>;

  findWorkload(namespace: string, workload: Workload): Promise<WorkloadObject | undefined>;
  listStatefulSets(namespace: string): Promise<readonly WorkloadObject[]>;
  /** How many replicas of the reconciler are ready; undefined when it isn't installed. */
  findReconciler(): Promise<{ readonly ready: number } | undefined>;
}

/** A cluster for long-running processes: with watches and leader election. */
export interface WatchedCluster extends Cluster, VnicSetCluster {
  watchAddresses(): Promise<Watched<StoredAddress>>;
  watchVnics(): Promise<Watched<StoredVnic>>;
  watchPods(): Promise<Watched<PodObject>>;
  watchVnicSets(): Promise<Watched<StoredVnicSet>>;

  findLease(name: string): Promise<LeaseObject | undefined>;
  /** Creates it, or replaces the version that it was read in; answers `false` when somebody else was faster. */
  writeLease(lease: LeaseObject): Promise<boolean>;
}

/** The objects of one kind, kept up to date; as old as the last change that was heard of. */
export interface Watched<T> {
  list(): readonly T[];
  /** Tells of each object that comes, changes or goes from now on. */
  onChange(listener: (object: T) => void): void;
  /** Tells of each object that goes from now on; it is no longer in the list. */
  onGone(listener: (object: T) => void): void;
  stop(): void;
}

/** A Lease (coordination.k8s.io/v1) in our own namespace, as far as we use it. */
export interface LeaseObject {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec: {
    readonly holderIdentity: string;
    readonly leaseDurationSeconds: number;
    readonly renewTime: Date;
  };
}

/** Stdin and stdout of a container. */
export interface Attachment {
  /** Sends to stdin. */
  write(text: string): void;
  onOutput(listener: (chunk: Buffer) => void): void;
  /** Called once, when the connection has ended from either side; `why` in the server's words. */
  onClose(listener: (why: string) => void): void;
  /** Ends stdin and the connection. */
  close(): void;
}
