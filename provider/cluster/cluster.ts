import type { EventObject } from "../model/event.ts";
import type { VnicRef } from "../model/names.ts";
import type { NodeObject } from "../model/node.ts";
import type { PodObject } from "../model/pod.ts";
import type { MetadataChange, StoredVnic, VnicRecord } from "../model/record.ts";
import type { SessionJob } from "../model/session-job.ts";
import type { VnicStatus } from "../model/status.ts";

/**
 * All that the rest of the project wants of a Kubernetes cluster.
 *
 * `find*` answers `undefined` only when the API server said "not found"; whatever else goes wrong is a `VnicError` that
 * names the object: `unreachable`, `forbidden`, `notInstalled`, `conflict` or `failed`.
 */
export interface Cluster {
  findPod(namespace: string, name: string): Promise<PodObject | undefined>;
  namespaceExists(name: string): Promise<boolean>;
  findNode(name: string): Promise<NodeObject | undefined>;

  findVnic(ref: VnicRef): Promise<StoredVnic | undefined>;
  /** The Vnics of all namespaces that a label selector matches. */
  listVnics(selector: string): Promise<StoredVnic[]>;
  /** Server-side apply as its owner; `conflict` when another manager holds a field with another value, unless forced. */
  applyVnic(record: VnicRecord, options: { force: boolean }): Promise<StoredVnic>;
  applyVnicStatus(ref: VnicRef, status: VnicStatus): Promise<void>;
  /** Changes metadata, if the record is still just that one; `outdated` when it was written since, or is gone. */
  changeVnic(record: StoredVnic, change: MetadataChange): Promise<StoredVnic>;
  /** Puts another value, or none, in the place of an annotation's; answers whether it still had that one. */
  swapVnicAnnotation(ref: VnicRef, name: string, was: string, is: string | undefined): Promise<boolean>;
  /** Marks for deletion, if it is still the object with that UID; fine when it is gone. */
  deleteVnic(ref: VnicRef, uid: string): Promise<void>;
  /** Drops our finalizer, if it is still the object with that UID; fine when it is gone. */
  releaseVnic(ref: VnicRef, uid: string): Promise<void>;

  /** Fine when there is one of that name. */
  createEvent(event: EventObject): Promise<void>;

  createJob(job: SessionJob): Promise<void>;
  /** The pod of a Job, once the Job controller has made it. */
  findJobPod(job: string): Promise<PodObject | undefined>;
  /** With its pod; fine when it is gone. */
  deleteJob(name: string): Promise<void>;
  /** Opens stdin and stdout of a running container of ours; `undefined` when it doesn't run yet. */
  attach(pod: string, container: string): Promise<Attachment | undefined>;
}

/** What somebody wants who stays: to be told of changes, and to be the only one. */
export interface WatchedCluster extends Cluster {
  watchVnics(): Promise<Watched<StoredVnic>>;
  watchPods(): Promise<Watched<PodObject>>;

  findLease(name: string): Promise<LeaseObject | undefined>;
  /** Creates it, or replaces the version that it was read in; answers `false` when somebody else was faster. */
  writeLease(lease: LeaseObject): Promise<boolean>;
}

/** The objects of one kind, kept up to date; as old as the last change that was heard of. */
export interface Watched<T> {
  list(): readonly T[];
  /** Tells of each object that comes, changes or goes from now on. */
  onChange(listener: (object: T) => void): void;
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
