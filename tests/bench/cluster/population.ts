import { addressRecord, wantedAddressesOf } from "../../../provider/model/address/address.ts";
import { writeHeld } from "../../../provider/model/address/held.ts";
import { apiVersion, finalizer, setFinalizer, setMemberName } from "../../../provider/model/names.ts";
import { type Definition, parseDefinition } from "../../../provider/model/vnic/definition.ts";
import { recordOf, type StoredVnic } from "../../../provider/model/vnic/record.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import { parseSetDefinition } from "../../../provider/model/vnic-set/definition.ts";
import { memberRecord, setRecordOf, type StoredVnicSet } from "../../../provider/model/vnic-set/record.ts";
import { containerIdOf, managedFields, type PodIdentity, storedPod, uidFor } from "./pods.ts";
import type { ClusterSizes } from "./sizes.ts";

/* The objects of the simulated cluster, with their keys in etcd. All Vnics are attached already. */

export interface StoredObject {
  readonly key: string;
  readonly value: object;
}

/** A pod with a Vnic. */
export interface ServedPod {
  readonly pod: PodIdentity;
  readonly app: string;
  readonly vnic: StoredVnic;
}

const parent = "eth1";
const segment = parent;

export const nodeName = (index: number): string => `node-${String(index).padStart(4, "0")}`;
const teamName = (index: number): string => `team-${String(index).padStart(3, "0")}`;
/** The address of Vnic number `index`, behind those of the other Vnics. */
const addressOf = (index: number): string => `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
const created = { creationTimestamp: "2026-11-01T00:00:00Z" };

/** The namespaces of applications with Vnics: one for each set. */
export function teamsOf({ sets }: ClusterSizes): string[] {
  return Array.from({ length: sets }, (_, index) => teamName(index));
}

/** The namespaces of the other pods. */
export function othersOf({ otherPods }: ClusterSizes): string[] {
  return Array.from({ length: Math.max(1, Math.ceil(otherPods / 500)) }, (_, index) => `other-${index}`);
}

export function namespaceObjects(namespaces: readonly string[]): StoredObject[] {
  return namespaces.flatMap((name) => [
    {
      key: `namespaces/${name}`,
      value: {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, uid: uidFor(`namespace ${name}`), ...created },
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      },
    },
    {
      key: `serviceaccounts/${name}/default`,
      value: {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { namespace: name, name: "default", uid: uidFor(`account ${name}`), ...created },
      },
    },
  ]);
}

/** Ready nodes, which all have their kubelet on that port of this machine, and their Leases. */
export function* nodeObjects({ nodes }: ClusterSizes, kubeletPort: number): Generator<StoredObject> {
  for (let index = 0; index < nodes; index++) {
    const name = nodeName(index);
    const images = Array.from({ length: 30 }, (_, image) => ({
      names: [`registry.example.com/team/image-${image}@sha256:${"cd".repeat(32)}`],
      sizeBytes: 100_000_000 + image,
    }));
    yield {
      key: `minions/${name}`,
      value: {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name, uid: uidFor(`node ${name}`), labels: { "kubernetes.io/hostname": name }, ...created },
        spec: { podCIDR: `10.${128 + (index >> 8)}.${index & 255}.0/24` },
        status: {
          addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
          daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
          conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
          nodeInfo: { containerRuntimeVersion: "containerd://2.1.4", kubeletVersion: "v1.35.4" },
          images,
        },
      },
    };
    yield {
      key: `leases/kube-node-lease/${name}`,
      value: {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { namespace: "kube-node-lease", name, uid: uidFor(`lease ${name}`), ...created },
        spec: { holderIdentity: name, leaseDurationSeconds: 40 },
      },
    };
  }
}

export function* otherPodObjects(sizes: ClusterSizes): Generator<StoredObject> {
  const namespaces = othersOf(sizes);
  for (let index = 0; index < sizes.otherPods; index++) {
    const namespace = namespaces[index % namespaces.length] ?? "";
    const name = `service-${index % 7}-${Math.floor(index / namespaces.length)}`;
    const pod = { namespace, name, node: nodeName(index % sizes.nodes), uid: uidFor(`pod ${namespace}/${name}`) };
    yield { key: `pods/${namespace}/${name}`, value: storedPod(pod, `service-${index % 7}`) };
  }
}

function setOf(namespace: string, index: number, { membersOfSet }: ClusterSizes): StoredVnicSet {
  const at = (number: number) => addressOf(index * membersOfSet + number);
  const parsed = parseSetDefinition({
    name: "wires",
    namespace,
    selector: { app: "db" },
    template: { network: { parent } },
    addresses: [{ cidr: "10.64.0.0/10", from: at(1), to: at(membersOfSet) }],
  });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { metadata, ...record } = setRecordOf(parsed.definition);
  const own = { uid: uidFor(`set ${namespace}`), resourceVersion: "", generation: 1, finalizers: [setFinalizer] };
  return { ...record, metadata: { ...metadata, ...own, ...created } };
}

export function setObjects(sizes: ClusterSizes): StoredObject[] {
  return teamsOf(sizes).flatMap((namespace, index) => {
    const { metadata, ...set } = setOf(namespace, index, sizes);
    const { resourceVersion: _, ...stored } = metadata;
    const labels = { app: "db" };
    return [
      { key: `pulumi-vnic.dev/vnicsets/${namespace}/wires`, value: { ...set, metadata: stored } },
      {
        key: `statefulsets/${namespace}/db`,
        value: {
          apiVersion: "apps/v1",
          kind: "StatefulSet",
          metadata: { namespace, name: "db", uid: uidFor(`${namespace}/db`), generation: 1, ...created },
          spec: {
            replicas: sizes.membersOfSet,
            serviceName: "db",
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "app" }] } },
          },
        },
      },
    ];
  });
}

/** The pods with a Vnic: first the members of all sets, then the pods with a Vnic of their own. */
export function servedPods(sizes: ClusterSizes): ServedPod[] {
  const teams = teamsOf(sizes);
  return Array.from({ length: sizes.vnics }, (_, index) => {
    const setIndex = Math.floor(index / sizes.membersOfSet);
    const isMember = setIndex < sizes.sets;
    const namespace = teams[isMember ? setIndex : index % teams.length] ?? "";
    const app = isMember ? "db" : "app";
    const name = isMember ? `db-${index % sizes.membersOfSet}` : `app-${Math.floor(index / teams.length)}`;
    const pod = { namespace, name, node: nodeName((index * 7) % sizes.nodes), uid: uidFor(`pod ${namespace}/${name}`) };
    const set = isMember ? setOf(namespace, setIndex, sizes) : undefined;
    const given = {
      ...set?.spec.template,
      name: isMember ? setMemberName("wires", name) : `wire-${name}`,
      pod: { namespace, name },
      ...(set ? {} : { network: { parent } }),
      addresses: [`${addressOf(index + 1)}/10`],
    };
    const parsed = parseDefinition({ ...given, declaredBy: set ? `VnicSet ${namespace}/wires` : `urn:${given.name}` });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    return { pod, app, vnic: attached(parsed.definition, pod, set) };
  });
}

function attached(definition: Definition, pod: PodIdentity, set: StoredVnicSet | undefined): StoredVnic {
  const held = writeHeld(wantedAddressesOf(definition, [segment]));
  const placed = recordOf(definition, { node: pod.node, uid: pod.uid, held });
  const { metadata, ...record } = set ? memberRecord(set, definition) : placed;
  const vnic: StoredVnic = {
    ...record,
    metadata: {
      ...metadata,
      finalizers: [finalizer],
      annotations: { ...metadata.annotations, ...placed.metadata.annotations },
      uid: uidFor(`vnic ${definition.pod.namespace}/${definition.name}`),
      resourceVersion: "",
      generation: 1,
      ...created,
    },
  };
  const running = { uid: pod.uid, node: pod.node, containerId: containerIdOf(pod.uid) };
  const { mac, interfaceName: name, addresses } = definition;
  const association = {
    pod: { ...definition.pod, uid: pod.uid },
    sandboxId: containerIdOf(pod.uid).slice("containerd://".length),
    netns: `cni-${pod.uid}`,
    inode: 4_026_532_001,
  };
  const live = { name, mac, mtu: 1500, addresses: [...addresses], up: true };
  return { ...vnic, status: attachedStatus(vnic, running, { association, interface: live }, new Date(0)) };
}

/** A pod with its Vnic, and the claims of the Vnic's addresses. */
export function servedObjects({ pod, app, vnic }: ServedPod): StoredObject[] {
  const { resourceVersion: _, ...metadata } = vnic.metadata;
  const { namespace, name, uid } = metadata;
  const { mac, addresses = [] } = vnic.spec;
  const held = wantedAddressesOf({ mac: mac ?? "", addresses }, [segment]);
  return [
    { key: `pods/${pod.namespace}/${pod.name}`, value: storedPod(pod, app) },
    {
      key: `pulumi-vnic.dev/vnics/${namespace}/${name}`,
      value: { ...vnic, metadata: { ...metadata, managedFields: managedFields("a-writer", apiVersion) } },
    },
    ...held.map((one) => {
      const record = addressRecord(one, { namespace, name, uid });
      const own = { uid: uidFor(`address ${record.metadata.name}`), generation: 1, ...created };
      return {
        key: `pulumi-vnic.dev/vnicaddresses/${record.metadata.name}`,
        value: {
          ...record,
          metadata: { ...record.metadata, ...own, managedFields: managedFields("pulumi-vnic", apiVersion) },
        },
      };
    }),
  ];
}
