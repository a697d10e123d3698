import { defaultImage } from "../../../provider/base/package.ts";
import type { WatchedCluster } from "../../../provider/cluster/cluster.ts";
import { openWatchedCluster } from "../../../provider/cluster/kube-cluster.ts";
import { Claims } from "../../../provider/lifecycle/claim.ts";
import type { Driver } from "../../../provider/lifecycle/driver.ts";
import { SessionPool } from "../../../provider/lifecycle/session/session-pool.ts";
import type { Definition } from "../../../provider/model/vnic/definition.ts";
import type { InjectResult } from "../../../provider/model/wire/session-protocol.ts";
import { FakeAttachment } from "../../fakes/attachment.ts";
import { FakeNodeSide } from "../../fakes/node-side.ts";
import { association, containerId, definition, injectResult, liveInterface } from "../../fakes/objects.ts";
import { applyObjects, kubectl } from "../cluster.ts";
import type { ApiServer } from "./server.ts";

/**
 * A cluster behind a kubeconfig. All objects are real, but sessions start without kubelets, which an API server alone
 * doesn't have.
 */
export async function standInCluster(kubeconfig: string, nodeSide: FakeNodeSide): Promise<WatchedCluster> {
  const cluster = await openWatchedCluster({ kubeconfig });
  return {
    ...cluster,
    findJobPod: async (job) => ({ metadata: { name: `${job}-pod` }, status: { phase: "Running" } }),
    attach: async () => new FakeAttachment((request, self) => void nodeSide.serve(request, self)),
  };
}

/** A node side that reports the NICs for which it was asked, and shows them later as they are. */
export function faithfulNodeSide(): FakeNodeSide {
  const nodeSide = new FakeNodeSide();
  const made = new Map<string, InjectResult>();
  nodeSide.inject = (request) => {
    if (request.verb !== "inject") throw new Error(request.verb);
    const { vnic, pod, interfaceName, mac, addresses } = request.plan;
    const { namespace, name, uid } = pod;
    const result = injectResult({
      association: association({ pod: { namespace, name, uid } }),
      interface: liveInterface({ name: interfaceName, mac, addresses: [...addresses] }),
    });
    made.set(vnic.uid, result);
    return result;
  };
  nodeSide.observe = (request) => {
    const there = request.verb === "observe" ? made.get(request.plan.vnic.uid) : undefined;
    const { sandboxId } = there?.association ?? association();
    return { ...(there ? { interface: there.interface } : {}), sandboxId, resourceFile: there !== undefined };
  };
  return nodeSide;
}

/**
 * A driver for a stand-in cluster; close its sessions afterwards. `lingerMilliseconds`: how long an unused session stays
 * open.
 */
export function driverOf<C extends WatchedCluster>(
  cluster: C,
  ofSessions: { readonly lingerMilliseconds?: number } = {},
  more: Pick<Driver, "firstReportMilliseconds"> = {},
): Driver & { readonly cluster: C } {
  const sessions = new SessionPool(cluster, { image: defaultImage, ...ofSessions });
  return { cluster, sessions, claims: new Claims("a test"), report: () => undefined, ...more };
}

/** Creates the object of a ready node. */
export async function makeNode(api: ApiServer, name: string): Promise<void> {
  await applyObjects(api.kubectl, [{ apiVersion: "v1", kind: "Node", metadata: { name } }]);
  const nodeInfo = { containerRuntimeVersion: "containerd://2.1.4", kubeletVersion: "v1.35.4" };
  const strings = ["machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "kubeProxyVersion"];
  const unknown = Object.fromEntries([...strings, "operatingSystem", "architecture"].map((key) => [key, ""]));
  const status = { conditions: [{ type: "Ready", status: "True" }], nodeInfo: { ...unknown, ...nodeInfo } };
  await patchStatus(api, ["node", name], status);
  await kubectl(api.kubectl, ["taint", "node", name, "node.kubernetes.io/not-ready-", "--overwrite"]).catch(() => "");
}

/** Creates the objects of pods that run on a node. */
export async function makePods(api: ApiServer, namespace: string, node: string, names: readonly string[]) {
  const pods = names.map((name) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name },
    spec: { nodeName: node, containers: [restricted] },
  }));
  await applyObjects(api.kubectl, pods);
  const status = {
    phase: "Running",
    containerStatuses: [
      {
        ...{ name: "app", image: "app", imageID: "", ready: true, restartCount: 0 },
        containerID: containerId,
        state: { running: {} },
      },
    ],
  };
  for (const name of names) await patchStatus(api, ["pod", "-n", namespace, name], status);
}

/** A container that the Pod Security level `restricted` admits. */
export const restricted = {
  name: "app",
  image: "app",
  securityContext: {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    runAsUser: 1000,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
};

async function patchStatus(api: ApiServer, object: readonly string[], status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await kubectl(api.kubectl, ["patch", ...object, "--subresource=status", "--type=merge", "-p", patch]);
}

/** Vnic number `number` of a pod, with its own address and MAC, on a LAN of its namespace. */
export function numbered(namespace: string, pod: string, number: number): Definition {
  const hex = number.toString(16).padStart(4, "0");
  return definition({
    name: `wire-${number}`,
    pod: { namespace, name: pod },
    network: { mode: "macvlan", parent: namespace },
    addresses: [`10.77.${number >> 8}.${number & 255}/16`],
    mac: `02:00:5e:77:${hex.slice(0, 2)}:${hex.slice(2)}`,
    interfaceName: `net${number}`,
    declaredBy: `urn:pulumi:dev::${namespace}::pulumi-nodejs:dynamic/vnic:Vnic::wire-${number}`,
    deadlines: { createSeconds: 120, updateSeconds: 120, deleteSeconds: 120 },
  });
}
