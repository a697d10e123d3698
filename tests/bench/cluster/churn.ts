import type { Rest } from "./rest.ts";
import { nodeName, othersOf } from "./population.ts";
import { runningStatus, uidFor } from "./pods.ts";
import type { ClusterSizes } from "./sizes.ts";

/** How often a kubelet renews its node's Lease, in seconds. */
const leaseSeconds = 10;
/** How often the status of a pod changes, in seconds: about 20 times a second among 50,000 pods. */
const statusSeconds = 2500;

/**
 * What always happens in a cluster, until it is stopped: nodes renew their Leases, and now and then the status of a pod
 * changes in a way that has nothing to do with its network.
 */
export function startChurn(rest: Rest, sizes: ClusterSizes): { stop(): Promise<void> } {
  const namespaces = othersOf(sizes);
  const underWay = new Set<Promise<unknown>>();
  let [lease, status] = [0, 0];
  const renew = (): Promise<unknown> => {
    const name = nodeName(lease++ % sizes.nodes);
    const renewTime = `${new Date().toISOString().slice(0, -1)}000Z`;
    return rest.send("PATCH", `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`, {
      spec: { renewTime },
    });
  };
  const change = (): Promise<unknown> => {
    const index = (status++ * 7919) % sizes.otherPods;
    const namespace = namespaces[index % namespaces.length] ?? "";
    const name = `service-${index % 7}-${Math.floor(index / namespaces.length)}`;
    const its = runningStatus(uidFor(`pod ${namespace}/${name}`), status);
    return rest.send("PATCH", `/api/v1/namespaces/${namespace}/pods/${name}/status`, { status: its });
  };
  const every = (seconds: number, work: () => Promise<unknown>) =>
    setInterval(() => {
      const one = work()
        .catch((error: unknown) => console.error(String(error)))
        .finally(() => underWay.delete(one));
      underWay.add(one);
    }, seconds * 1000);
  const timers = [every(leaseSeconds / sizes.nodes, renew), every(statusSeconds / sizes.otherPods, change)];
  return {
    stop: async () => {
      timers.forEach((timer) => clearInterval(timer));
      await Promise.all(underWay);
    },
  };
}
