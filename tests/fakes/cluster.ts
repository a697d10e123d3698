import { isDeepStrictEqual } from "node:util";
import type { Attachment, Cluster, LabelChange, PodRef } from "../../provider/cluster/cluster.ts";
import { isVnicError, VnicError } from "../../provider/base/errors.ts";
import type { AddressRecord, AddressVersion, Holder, StoredAddress } from "../../provider/model/address/address.ts";
import { annotations, finalizer, networkFinalizer, type VnicRef, vnicId } from "../../provider/model/names.ts";
import type { AttachmentDefinition } from "../../provider/model/network/attachment-definition.ts";
import type { ClusterAddress } from "../../provider/model/network/cluster-addresses.ts";
import type { NetworkRecord, StoredNetwork } from "../../provider/model/network/record.ts";
import type { NamespaceObject } from "../../provider/model/kubernetes/namespace.ts";
import type { NodeObject } from "../../provider/model/kubernetes/node.ts";
import type { RuntimeClassObject } from "../../provider/model/kubernetes/runtime-class.ts";
import type { PodObject } from "../../provider/model/kubernetes/pod.ts";
import type { EventObject } from "../../provider/model/vnic/event.ts";
import { ownerOf } from "../../provider/model/kubernetes/record.ts";
import type { ExpectedVnic, MetadataChange, StoredVnic, VnicRecord } from "../../provider/model/vnic/record.ts";
import type { VnicStatus } from "../../provider/model/vnic/conditions.ts";
import { pendingStatus } from "../../provider/model/vnic/pending.ts";
import type { ClusterEvent } from "../../provider/model/kubernetes/session-event.ts";
import type { SessionJob } from "../../provider/model/kubernetes/session-job.ts";
import { FakeAttachment } from "./attachment.ts";
import { FakeNodeSide } from "./node-side.ts";
import { node, pod, storedVnic, uid } from "./objects.ts";

type Method = keyof Cluster;

/**
 * An in-memory cluster with one running pod on a ready node. It records each call. Tests can make a call fail, and
 * change something between calls.
 */
export class FakeCluster implements Cluster {
  readonly calls: string[] = [];
  readonly pods = new Map<string, PodObject>([["shop/db-0", pod()]]);
  readonly namespaces = new Map<string, NamespaceObject>([["shop", {}]]);
  readonly nodes = new Map<string, NodeObject>([
    ["worker-1", node()],
    ["worker-2", node()],
  ]);
  readonly runtimeClasses = new Map<string, RuntimeClassObject>();
  readonly vnics = new Map<string, StoredVnic>();
  readonly addresses = new Map<string, StoredAddress>();
  readonly events: EventObject[] = [];
  readonly networks = new Map<string, StoredNetwork>();
  readonly attachmentDefinitions = new Map<string, AttachmentDefinition>();
  /** The node agents' pods, by node. */
  readonly agentPods = new Map<string, PodObject>();
  readonly jobs = new Map<string, SessionJob>();
  readonly attachments: FakeAttachment[] = [];
  readonly systemEvents = new Map<string, readonly ClusterEvent[]>();
  readonly nodeSide = new FakeNodeSide();
  /** The pod of every session Job. */
  sessionPod: PodObject | undefined = { metadata: { name: "session-pod" }, status: { phase: "Pending" } };
  /** How many attempts to attach come too early. */
  attachTooEarly = 0;

  private readonly meanwhile: { readonly method: Method; readonly happens: () => void }[] = [];
  private lastUid = 100;
  private lastVersion = 0;
  private now = Date.parse("2026-11-23T09:00:00Z");

  /** Makes the next call of the given method fail. */
  failNext(method: Method, error: VnicError): void {
    this.before(method, () => {
      throw error;
    });
  }

  /** Runs a function just before the next call of the given method. */
  before(method: Method, happens: () => void): void {
    this.meanwhile.push({ method, happens });
  }

  /** Stores a record as another writer would. */
  store(vnic: StoredVnic): void {
    this.vnics.set(vnicId(vnic.metadata), vnic);
  }

  /** Names of the calls that changed something, except claims, addresses and events. */
  get writes(): string[] {
    return this.calls.filter((call) => /^(apply|createVnic|delete(?!Address)|hold|release|createJob)/.test(call));
  }

  async findPod(namespace: string, name: string): Promise<PodObject | undefined> {
    this.called("findPod", `${namespace}/${name}`);
    return this.pods.get(`${namespace}/${name}`);
  }

  /** Whether multus-dynamic-networks-controller is installed. */
  dynamicNetworksController = false;

  async hasDynamicNetworksController(): Promise<boolean> {
    return this.dynamicNetworksController;
  }

  async tryPodChange({ namespace, name }: PodRef): Promise<void> {
    this.called("tryPodChange", `${namespace}/${name}`);
  }

  async changePodAnnotation(
    { namespace, name, uid: wanted }: PodRef,
    annotation: string,
    change: (text: string | undefined) => string | undefined,
  ): Promise<void> {
    const id = `${namespace}/${name}`;
    this.called("changePodAnnotation", id);
    const found = this.pods.get(id);
    if (found?.metadata?.uid !== wanted) return;
    const { [annotation]: text, ...others } = found.metadata.annotations ?? {};
    const value = change(text);
    const annotations = value === undefined ? others : { ...others, [annotation]: value };
    this.pods.set(id, { ...found, metadata: { ...found.metadata, annotations } });
  }

  async findRuntimeClass(name: string): Promise<RuntimeClassObject | undefined> {
    this.called("findRuntimeClass", name);
    return this.runtimeClasses.get(name);
  }

  async findNamespace(name: string): Promise<NamespaceObject | undefined> {
    this.called("findNamespace", name);
    return this.namespaces.get(name);
  }

  async findNode(name: string): Promise<NodeObject | undefined> {
    this.called("findNode", name);
    return this.nodes.get(name);
  }

  /** The cluster's own addresses. */
  readonly heldAddresses: ClusterAddress[] = [];

  async clusterAddresses(): Promise<readonly ClusterAddress[]> {
    return this.heldAddresses;
  }

  async findVnic(ref: VnicRef): Promise<StoredVnic | undefined> {
    this.called("findVnic", vnicId(ref));
    return this.vnics.get(vnicId(ref));
  }

  async listVnics(selector: string, namespace?: string): Promise<StoredVnic[]> {
    this.called("listVnics", selector);
    const [key = "", value] = selector.split("=");
    return [...this.vnics.values()].filter(
      ({ metadata: { labels = {}, namespace: itsOwn } }) =>
        (namespace === undefined || itsOwn === namespace) &&
        (value === undefined ? key in labels : labels[key] === value),
    );
  }

  async hasVnic(selector: string, isIt: (record: StoredVnic) => boolean): Promise<boolean> {
    return (await this.listVnics(selector)).some(isIt);
  }

  async listVnicsIn(namespace: string, most: number): Promise<StoredVnic[]> {
    this.called("listVnicsIn", namespace);
    return [...this.vnics.values()].filter(({ metadata }) => metadata.namespace === namespace).slice(0, most);
  }

  async createVnic(record: VnicRecord): Promise<StoredVnic | undefined> {
    this.called("createVnic", vnicId(record.metadata));
    if (!this.vnics.has(vnicId(record.metadata))) return this.keep(record);
    // Changes nothing, so it is no write.
    this.calls.splice(-1, 1, `findVnic ${vnicId(record.metadata)}`);
    return undefined;
  }

  async applyVnic(record: VnicRecord, { force, uid }: { force: boolean; uid?: string }): Promise<StoredVnic> {
    const id = vnicId(record.metadata);
    this.called("applyVnic", id);
    const before = this.vnics.get(id);
    if (uid !== undefined && before?.metadata.uid !== uid)
      throw new VnicError("outdated", `applying Vnic ${id}: outdated`);
    if (before && !force && ownerOf(before) !== ownerOf(record))
      throw new VnicError("conflict", `applying Vnic ${id}: conflict`);
    return this.keep(record);
  }

  private keep(record: VnicRecord): StoredVnic {
    const id = vnicId(record.metadata);
    const before = this.vnics.get(id);
    const created = {
      uid: uid(++this.lastUid),
      creationTimestamp: new Date((this.now += 1000)).toISOString(),
      generation: 1,
    };
    const { uid: itsUid, creationTimestamp, ...of } = { ...created, ...before?.metadata };
    const isEdited = before !== undefined && !isDeepStrictEqual(before.spec, record.spec);
    const generation = of.generation + (isEdited ? 1 : 0);
    const resourceVersion = String(this.calls.length);
    // Applying leaves an annotation alone that was written by a patch.
    const { [annotations.claim]: claim } = before?.metadata.annotations ?? {};
    const notes = { ...(claim === undefined ? {} : { [annotations.claim]: claim }), ...record.metadata.annotations };
    // The API server fills in a missing status, and ignores a status in this request.
    const stored = {
      ...record,
      status: before?.status ?? pendingStatus,
      metadata: {
        ...record.metadata,
        annotations: notes,
        uid: itsUid,
        creationTimestamp,
        generation,
        resourceVersion,
      },
    };
    this.vnics.set(id, stored);
    return stored;
  }

  async changeVnicStatus(ref: VnicRef, uid: string, change: (status: VnicStatus) => VnicStatus): Promise<void> {
    this.called("changeVnicStatus", vnicId(ref));
    const record = this.vnics.get(vnicId(ref));
    if (record && record.metadata.uid !== uid) throw new VnicError("conflict", `changing ${vnicId(ref)}: conflict`);
    if (record?.status) this.vnics.set(vnicId(ref), { ...record, status: change(record.status) });
  }

  async applyVnicStatus(ref: VnicRef, status: VnicStatus): Promise<StoredVnic> {
    this.called("applyVnicStatus", vnicId(ref));
    const record = this.vnics.get(vnicId(ref));
    if (!record) return { ...storedVnic(), status };
    const resourceVersion = String(this.calls.length);
    const written = { ...record, metadata: { ...record.metadata, resourceVersion }, status };
    this.vnics.set(vnicId(ref), written);
    return written;
  }

  async changeVnic({ metadata }: StoredVnic, change: MetadataChange): Promise<StoredVnic> {
    const id = vnicId(metadata);
    this.called("changeVnic", id);
    const before = this.vnics.get(id);
    if (before?.metadata.resourceVersion !== metadata.resourceVersion)
      throw new VnicError("outdated", `changing Vnic ${id}: it was changed by another process meanwhile`);
    return this.remember(before, change);
  }

  async claimVnic({ ref, uid, owner, node }: ExpectedVnic, claim: string): Promise<StoredVnic | undefined> {
    this.called("claimVnic", vnicId(ref));
    const before = this.vnics.get(vnicId(ref));
    if (before?.metadata.uid !== uid || ownerOf(before) !== owner || before.status?.node !== node) return undefined;
    if (before.metadata.annotations?.[annotations.claim] !== undefined) return undefined;
    return this.remember(before, { annotations: { [annotations.claim]: claim } });
  }

  async swapVnicAnnotation(ref: VnicRef, name: string, was: string, is: string | undefined): Promise<boolean> {
    this.called("swapVnicAnnotation", vnicId(ref));
    const before = this.vnics.get(vnicId(ref));
    if (before?.metadata.annotations?.[name] !== was) return false;
    this.remember(before, { annotations: { [name]: is ?? null } });
    return true;
  }

  private remember(before: StoredVnic, { finalizers, labels, annotations }: MetadataChange): StoredVnic {
    const { metadata } = before;
    const changed = {
      ...before,
      metadata: {
        ...metadata,
        finalizers: finalizers ?? metadata.finalizers ?? [],
        labels: merged(metadata.labels, labels),
        annotations: merged(metadata.annotations, annotations),
        resourceVersion: String(this.calls.length),
      },
    };
    this.vnics.set(vnicId(metadata), changed);
    return changed;
  }

  async createAddress(record: AddressRecord): Promise<StoredAddress | undefined> {
    this.called("createAddress", record.spec.value);
    if (this.addresses.has(record.metadata.name)) return undefined;
    return this.keepAddress({
      ...record,
      metadata: { ...record.metadata, uid: uid(++this.lastUid), resourceVersion: "" },
    });
  }

  async findAddress(name: string): Promise<StoredAddress | undefined> {
    this.called("findAddress", name);
    return this.addresses.get(name);
  }

  async transferAddress(
    address: StoredAddress,
    { namespace, name, uid }: Holder,
    labels: LabelChange,
  ): Promise<StoredAddress> {
    this.called("transferAddress", address.spec.value);
    if (!this.isCurrent(address)) throw new VnicError("outdated", `taking over ${address.spec.value}: too late`);
    const metadata = { ...address.metadata, labels: merged(address.metadata.labels, labels) };
    return this.keepAddress({ ...address, metadata, spec: { ...address.spec, holder: { namespace, name, uid } } });
  }

  async labelAddress(address: StoredAddress, labels: LabelChange): Promise<StoredAddress> {
    this.called("labelAddress", address.spec.value);
    if (!this.isCurrent(address)) throw new VnicError("outdated", `labelling ${address.spec.value}: too late`);
    const metadata = { ...address.metadata, labels: merged(address.metadata.labels, labels) };
    return this.keepAddress({ ...address, metadata });
  }

  async listAddresses(selector: string): Promise<readonly StoredAddress[]> {
    this.called("listAddresses", selector);
    const wanted = selector.split(",").map((each) => each.split("="));
    return [...this.addresses.values()].filter(({ metadata: { labels = {} } }) =>
      wanted.every(([key = "", value]) => (value === undefined ? key in labels : labels[key] === value)),
    );
  }

  async deleteAddress(address: AddressVersion): Promise<boolean> {
    this.called("deleteAddress", address.spec.value);
    return this.isCurrent(address) && this.addresses.delete(address.metadata.name);
  }

  /** The ID of the Vnic that holds each address, by `<segment> <address>`. */
  get holders(): Record<string, string> {
    return Object.fromEntries(
      [...this.addresses.values()].map(({ spec }) => [`${spec.segment} ${spec.value}`, vnicId(spec.holder)]),
    );
  }

  private isCurrent({ metadata: { name, uid, resourceVersion } }: AddressVersion): boolean {
    const now = this.addresses.get(name)?.metadata;
    return now?.uid === uid && now.resourceVersion === resourceVersion;
  }

  private keepAddress(address: StoredAddress): StoredAddress {
    const resourceVersion = String(++this.lastVersion);
    const kept = { ...address, metadata: { ...address.metadata, resourceVersion } };
    this.addresses.set(address.metadata.name, kept);
    return kept;
  }

  async createEvent(event: EventObject): Promise<void> {
    this.called("createEvent", `${event.reason} ${event.involvedObject.kind}`);
    this.events.push(event);
  }

  async deleteVnic(ref: VnicRef, wanted: string): Promise<StoredVnic | undefined> {
    this.called("deleteVnic", vnicId(ref));
    const record = this.vnics.get(vnicId(ref));
    if (record?.metadata.uid !== wanted) return undefined;
    const marked = { ...record, metadata: { ...record.metadata, deletionTimestamp: "2026-11-23T10:00:00Z" } };
    if (marked.metadata.finalizers?.length) this.vnics.set(vnicId(ref), marked);
    else this.vnics.delete(vnicId(ref));
    return marked;
  }

  async releaseVnic(ref: VnicRef, wanted: string): Promise<void> {
    this.called("releaseVnic", vnicId(ref));
    const record = this.vnics.get(vnicId(ref));
    if (record?.metadata.uid !== wanted) return;
    const finalizers = record.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
    if (record.metadata.deletionTimestamp && finalizers.length === 0) this.vnics.delete(vnicId(ref));
    else this.vnics.set(vnicId(ref), { ...record, metadata: { ...record.metadata, finalizers } });
  }

  async findNetwork(name: string): Promise<StoredNetwork | undefined> {
    this.called("findNetwork", name);
    return this.networks.get(name);
  }

  async applyNetwork(record: NetworkRecord, { force }: { force: boolean }): Promise<StoredNetwork> {
    const { name } = record.metadata;
    this.called("applyNetwork", name);
    const before = this.networks.get(name);
    if (before && !force && ownerOf(before) !== ownerOf(record))
      throw new VnicError("conflict", `applying VnicNetwork ${name}: conflict`);
    const own = { uid: before?.metadata.uid ?? uid(++this.lastUid), resourceVersion: String(this.calls.length) };
    const stored = { ...record, metadata: { ...record.metadata, ...own } };
    this.networks.set(name, stored);
    return stored;
  }

  async holdNetwork(name: string, wanted: string): Promise<void> {
    this.called("holdNetwork", name);
    const record = this.networks.get(name);
    if (record?.metadata.uid !== wanted || record.metadata.deletionTimestamp) return;
    this.networks.set(name, { ...record, metadata: { ...record.metadata, finalizers: [networkFinalizer] } });
  }

  async listNetworks(): Promise<readonly StoredNetwork[]> {
    this.called("listNetworks", "");
    return [...this.networks.values()];
  }

  async releaseNetwork(name: string, wanted: string): Promise<void> {
    this.called("releaseNetwork", name);
    const record = this.networks.get(name);
    if (record?.metadata.uid !== wanted) return;
    if (record.metadata.deletionTimestamp) this.networks.delete(name);
    else this.networks.set(name, { ...record, metadata: { ...record.metadata, finalizers: [] } });
  }

  async deleteNetwork(name: string, wanted: string): Promise<void> {
    this.called("deleteNetwork", name);
    const record = this.networks.get(name);
    if (record?.metadata.uid !== wanted) return;
    const metadata = { ...record.metadata, deletionTimestamp: "2026-11-23T10:00:00Z" };
    this.networks.set(name, { ...record, metadata });
  }

  async findAttachmentDefinition(ref: VnicRef): Promise<AttachmentDefinition | undefined> {
    this.called("findAttachmentDefinition", vnicId(ref));
    return this.attachmentDefinitions.get(vnicId(ref));
  }

  async createJob(job: SessionJob): Promise<void> {
    this.called("createJob", job.spec.template.spec.nodeName);
    this.jobs.set(job.metadata.name, job);
  }

  async findAgentPod(node: string): Promise<PodObject | undefined> {
    this.called("findAgentPod", node);
    return this.agentPods.get(node);
  }

  async findJobPod(job: string): Promise<PodObject | undefined> {
    this.called("findJobPod", job);
    return this.sessionPod;
  }

  async listSystemEvents(name: string): Promise<readonly ClusterEvent[]> {
    this.called("listSystemEvents", name);
    return this.systemEvents.get(name) ?? [];
  }

  async deleteJob(name: string): Promise<void> {
    this.called("deleteJob", name);
    this.jobs.delete(name);
  }

  async attach(podName: string, container: string): Promise<Attachment | undefined> {
    this.called("attach", `${podName} ${container}`);
    if (this.attachTooEarly-- > 0) return undefined;
    const attachment = new FakeAttachment((request, self) => void this.nodeSide.serve(request, self));
    this.attachments.push(attachment);
    return attachment;
  }

  private called(method: Method, what: string): void {
    this.calls.push(`${method} ${what}`);
    const at = this.meanwhile.findIndex((one) => one.method === method);
    if (at >= 0) this.meanwhile.splice(at, 1)[0]?.happens();
  }
}

/** A map after a merge patch. */
function merged(there: Readonly<Record<string, string>> = {}, change: LabelChange = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...there, ...change }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** Returns the error that a promise was rejected with; fails if it wasn't. */
export async function rejection(promise: Promise<unknown>): Promise<VnicError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVnicError(error))
    throw new Error(`rejected with ${String(error)}, which is not a VnicError`, { cause: error });
  return error;
}
