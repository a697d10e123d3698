import type { AddressRecord, AddressVersion, Holder, StoredAddress } from "../model/address/address.ts";
import type { EventObject } from "../model/vnic/event.ts";
import type { VnicRef } from "../model/names.ts";
import type { AttachmentDefinition } from "../model/network/attachment-definition.ts";
import type { ClusterAddress } from "../model/network/cluster-addresses.ts";
import type { NetworkRecord, StoredNetwork } from "../model/network/record.ts";
import type { NamespaceObject } from "../model/kubernetes/namespace.ts";
import type { NodeObject } from "../model/kubernetes/node.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { ExpectedVnic, MetadataChange, StoredVnic, VnicRecord } from "../model/vnic/record.ts";
import type { RuntimeClassObject } from "../model/kubernetes/runtime-class.ts";
import type { ClusterEvent } from "../model/kubernetes/session-event.ts";
import type { SessionJob } from "../model/kubernetes/session-job.ts";
import type { VnicStatus } from "../model/vnic/conditions.ts";
import type { Workload } from "../model/vnic-set/definition.ts";
import type { StoredVnicSet, VnicSetRecord, VnicSetStatus } from "../model/vnic-set/record.ts";
import type { WorkloadObject } from "../model/vnic-set/selection.ts";

/**
 * Everything that the rest of the project needs from a Kubernetes cluster. `find*` returns `undefined` only if the API
 * server said "not found". Any other failure is a `VnicError` that names the object: `unreachable`, `forbidden`,
 * `notInstalled`, `conflict` or `failed`.
 */
export interface Cluster extends PodCluster, VnicCluster, NetworkCluster, AddressCluster {
  findNamespace(name: string): Promise<NamespaceObject | undefined>;
  findNode(name: string): Promise<NodeObject | undefined>;
  findRuntimeClass(name: string): Promise<RuntimeClassObject | undefined>;

  /** The cluster's own addresses, at most a minute old. */
  clusterAddresses(): Promise<readonly ClusterAddress[]>;

  /** Succeeds if an event of that name exists. */
  createEvent(event: EventObject): Promise<void>;

  createJob(job: SessionJob): Promise<void>;
  /** The pod of a Job; undefined until the Job controller has created it. */
  findJobPod(job: string): Promise<PodObject | undefined>;
  /** The pod of the node agent on that node; if there are several, one that isn't being deleted. */
  findAgentPod(node: string): Promise<PodObject | undefined>;
  /** The events in our own namespace about the Job or pod of that name, oldest first. */
  listSystemEvents(name: string): Promise<readonly ClusterEvent[]>;
  /** Deletes the Job and its pod; resolves when they are gone. */
  deleteJob(name: string): Promise<void>;
  /** Attaches to stdin and stdout of one of our containers; `undefined` if it isn't running yet. */
  attach(pod: string, container: string): Promise<Attachment | undefined>;
}

/** One pod, which isn't another one of the same name. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** The pods of applications. */
export interface PodCluster {
  findPod(namespace: string, name: string): Promise<PodObject | undefined>;
  /**
   * Replaces the value of an annotation, or removes it if the new one is undefined. `change` is called again if another
   * writer changes the pod meanwhile. Does nothing if the pod is gone.
   */
  changePodAnnotation(
    pod: PodRef,
    annotation: string,
    change: (text: string | undefined) => string | undefined,
  ): Promise<void>;
  /** Asks the API server whether a pod may be changed, without changing it. */
  tryPodChange(pod: PodRef): Promise<void>;
  /** Whether multus-dynamic-networks-controller is installed. */
  hasDynamicNetworksController(): Promise<boolean>;
}

/** The records of Vnics. */
export interface VnicCluster {
  findVnic(ref: VnicRef): Promise<StoredVnic | undefined>;
  /** The Vnics that match a label selector, in one namespace or in all. */
  listVnics(selector: string, namespace?: string): Promise<StoredVnic[]>;
  /** Whether a Vnic that matches a label selector is as described. Needn't read all of them. */
  hasVnic(selector: string, isIt: (record: StoredVnic) => boolean): Promise<boolean>;
  /** The Vnics of one namespace, at most `most`. */
  listVnicsIn(namespace: string, most: number): Promise<StoredVnic[]>;
  /** Server-side apply of a record that doesn't exist; if it does, returns undefined and changes nothing. */
  createVnic(record: VnicRecord): Promise<StoredVnic | undefined>;
  /**
   * Server-side apply with the owner's field manager. `conflict` if another manager holds a field with another value,
   * unless forced. With a UID, `outdated` if the object that has it is gone.
   */
  applyVnic(record: VnicRecord, options: { force: boolean; uid?: string }): Promise<StoredVnic>;
  /**
   * Replaces the status of an existing Vnic; needs only the right to patch the status. `change` is called again if
   * another writer interferes. `conflict` if the object has another UID.
   */
  changeVnicStatus(ref: VnicRef, uid: string, change: (status: VnicStatus) => VnicStatus): Promise<void>;
  applyVnicStatus(ref: VnicRef, status: VnicStatus): Promise<StoredVnic>;
  /**
   * Changes metadata of a record that hasn't changed since it was read. `outdated` if it was written since, or is
   * gone.
   */
  changeVnic(record: StoredVnic, change: MetadataChange): Promise<StoredVnic>;
  /**
   * Writes a claim into a record that nobody has claimed and that is as expected, without reading it first; otherwise
   * returns undefined and changes nothing.
   */
  claimVnic(expected: ExpectedVnic, claim: string): Promise<StoredVnic | undefined>;
  /** Replaces the value `was` of an annotation, or removes it; returns whether it still had that value. */
  swapVnicAnnotation(ref: VnicRef, name: string, was: string, is: string | undefined): Promise<boolean>;
  /**
   * Marks the object with that UID for deletion, and returns it if it waits for its finalizers; succeeds if it is
   * gone.
   */
  deleteVnic(ref: VnicRef, uid: string): Promise<StoredVnic | undefined>;
  /**
   * Removes our finalizer from the object with that UID; succeeds if it is gone. With `known`, the latest version that
   * was read, the object is read again only if it has changed since.
   */
  releaseVnic(ref: VnicRef, uid: string, known?: StoredVnic): Promise<void>;
}

/** The external networks. */
export interface NetworkCluster {
  findNetwork(name: string): Promise<StoredNetwork | undefined>;
  listNetworks(): Promise<readonly StoredNetwork[]>;
  /**
   * Server-side apply with the owner's field manager. `conflict` if another manager holds a field with another value,
   * unless forced.
   */
  applyNetwork(record: NetworkRecord, options: { force: boolean }): Promise<StoredNetwork>;
  /** Adds our finalizer to the object with that UID unless it is being deleted; succeeds if it is gone. */
  holdNetwork(name: string, uid: string): Promise<void>;
  /**
   * Removes our finalizer from the object with that UID; succeeds if it is gone. With `known`, the latest version that
   * was read, the object is read again only if it has changed since.
   */
  releaseNetwork(name: string, uid: string, known?: StoredNetwork): Promise<void>;
  /** Marks the object with that UID for deletion; succeeds if it is gone. */
  deleteNetwork(name: string, uid: string): Promise<void>;
  findAttachmentDefinition(ref: VnicRef): Promise<AttachmentDefinition | undefined>;
}

/** Labels to set; `null` removes one. */
export type LabelChange = Readonly<Record<string, string | null>>;

/** Address claims: objects that the API server lets only one writer create or change. */
export interface AddressCluster {
  /** Returns undefined if an object of that name exists. */
  createAddress(record: AddressRecord): Promise<StoredAddress | undefined>;
  findAddress(name: string): Promise<StoredAddress | undefined>;
  /**
   * Changes the holder of an object that hasn't changed since it was read, and its labels. `outdated` if it was written
   * since, or is gone.
   */
  transferAddress(address: StoredAddress, holder: Holder, labels: LabelChange): Promise<StoredAddress>;
  /** Changes labels of an object that hasn't changed since it was read. `outdated` if it was written since, or is gone. */
  labelAddress(address: StoredAddress, labels: LabelChange): Promise<StoredAddress>;
  /** The objects that match a label selector. */
  listAddresses(selector: string): Promise<readonly StoredAddress[]>;
  /**
   * Deletes one version of an object. Does nothing if the object was written since, or is gone; returns whether it was
   * deleted.
   */
  deleteAddress(address: AddressVersion): Promise<boolean>;
}

/** The additional calls that VnicSets need. */
export interface VnicSetCluster {
  findVnicSet(ref: VnicRef): Promise<StoredVnicSet | undefined>;
  /**
   * Server-side apply with the owner's field manager. `conflict` if another manager holds a field with another value,
   * unless forced.
   */
  applyVnicSet(record: VnicSetRecord, options: { force: boolean }): Promise<StoredVnicSet>;
  applyVnicSetStatus(ref: VnicRef, status: VnicSetStatus): Promise<void>;
  /** Adds our finalizer to the object with that UID unless it is being deleted; succeeds if it is gone. */
  holdVnicSet(ref: VnicRef, uid: string): Promise<void>;
  /** Removes our finalizer from the object with that UID; succeeds if it is gone. */
  releaseVnicSet(ref: VnicRef, uid: string): Promise<void>;
  /** Marks the object with that UID for deletion; succeeds if it is gone. */
  deleteVnicSet(ref: VnicRef, uid: string): Promise<void>;
  /** Server-side apply of a set's Vnic. It doesn't change the fields of the driver that realises the Vnic. */
  applyMember(record: VnicRecord): Promise<StoredVnic>;
  /** Makes a set the controller of a Vnic whose controller is gone. `outdated` if the Vnic was written since it was read. */
  adoptMember(vnic: StoredVnic, wanted: VnicRecord): Promise<StoredVnic>;

  findWorkload(namespace: string, workload: Workload): Promise<WorkloadObject | undefined>;
  listStatefulSets(namespace: string): Promise<readonly WorkloadObject[]>;
  /** How many replicas of the reconciler are ready; undefined if it isn't installed. */
  findReconciler(): Promise<{ readonly ready: number } | undefined>;
}

/** A cluster for long-running processes: with watches. */
export interface WatchedCluster extends Cluster, VnicSetCluster {
  watchAddresses(): Promise<Watched<StoredAddress>>;
  watchVnics(): Promise<Watched<StoredVnic>>;
  watchPods(): Promise<Watched<PodObject>>;
  watchVnicSets(): Promise<Watched<StoredVnicSet>>;
}

/** The Leases for leader election. */
export interface Leases {
  findLease(name: string): Promise<LeaseObject | undefined>;
  /** Creates the Lease, or replaces the version that was read. Returns `false` if another writer was faster. */
  writeLease(lease: LeaseObject): Promise<boolean>;
}

/** The objects of one kind, kept up to date by a watch. */
export interface Watched<T> {
  list(): readonly T[];
  /** The objects of one namespace. */
  listIn(namespace: string): readonly T[];
  /** The object of that name; undefined if there is none. */
  find(ref: { readonly namespace: string; readonly name: string }): T | undefined;
  /** Called for each object that is added, changed or deleted from now on. */
  onChange(listener: (object: T) => void): void;
  /** Called for each object that is deleted from now on, when it is no longer in the list. */
  onGone(listener: (object: T) => void): void;
}

/** The fields of a Lease (coordination.k8s.io/v1) in our own namespace that we use. */
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
  /** Writes to stdin. */
  write(text: string): void;
  onOutput(listener: (chunk: Buffer) => void): void;
  /** Called once when either side has ended the connection; `why` is the server's reason. */
  onClose(listener: (why: string) => void): void;
  /** Closes stdin and the connection. */
  close(): void;
}
