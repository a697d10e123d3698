import { expect } from "chai";
import { openWatchedCluster } from "../../provider/cluster/kube-cluster.ts";
import { apiVersion } from "../../provider/model/names.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { restricted } from "../support/api/stand-in.ts";
import { applyObjects } from "../support/cluster.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { countKinds } from "../support/request-kinds.ts";
import { until } from "../lab/run.ts";

const namespace = "large";
const count = 60;
const large = "x".repeat(100_000);
const annotations = { "example.com/note": large };
const labels = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`${"k".repeat(50)}-${at}`, "v"]));
const names = Array.from({ length: count }, (_, at) => `db-${at}`);

/* A tenant makes its objects as large as it can. The reconciler has all of them in memory. */
describe("the objects that a reconciler watches", () => {
  let api: ApiServer;
  let proxy: FaultProxy;
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    proxy = await FaultProxy.start(api.proxied);
    const make = (kind: string, version: string, spec: (name: string) => object, more: object = {}) =>
      names.map((name) => ({
        apiVersion: version,
        kind,
        metadata: { namespace, name, annotations, ...more },
        spec: spec(name),
      }));
    const selector = { matchLabels: { app: "db" } };
    await applyObjects(api.kubectl, [
      ...make("Pod", "v1", () => ({ containers: [restricted] }), { labels }),
      ...make("Vnic", apiVersion, (pod) => ({ pod: { name: pod }, network: { name: "lan" }, dhcp: {} })),
      ...make("StatefulSet", "apps/v1", () => ({
        ...{ selector, serviceName: "db" },
        template: { metadata: { labels: selector.matchLabels, annotations }, spec: { containers: [restricted] } },
      })),
    ]);
  });
  after(() => proxy.stop());

  it("keep little of what a tenant makes large, and never have much at once", async () => {
    const cluster = await openWatchedCluster({ kubeconfig: await proxy.kubeconfig(api.kubeconfig) });
    const mine = (all: readonly { metadata?: { namespace?: string; name?: string } }[]) =>
      all.filter(({ metadata }) => metadata?.namespace === namespace);
    const [pods, vnics] = await Promise.all([cluster.watchPods(), cluster.watchVnics()]);
    const statefulSets = await cluster.listStatefulSets(namespace);
    for (const [what, all] of [
      ["pods", mine(pods.list())],
      ["Vnics", mine(vnics.list())],
      ["StatefulSets", statefulSets],
    ] as const) {
      expect(all, what).to.have.length(count);
      expect(JSON.stringify(all).length / count, `characters of one of the ${what}`).to.be.below(10_000);
    }
    const { "LIST pods": ofPods = 0, "LIST vnics": ofVnics = 0 } = countKinds(proxy.requests);
    expect(Math.min(ofPods, ofVnics), "pages").to.be.at.least(2);

    // A pod that arrives by the watch is reduced, too.
    await api.kubectl(["annotate", "-n", namespace, "pod", "db-7", `example.com/more=${"y".repeat(50_000)}`]);
    const seen = () => mine(pods.list()).find(({ metadata }) => metadata?.name === "db-7");
    const before = JSON.stringify(seen());
    await api.kubectl(["label", "-n", namespace, "pod", "db-7", "app=db"]);
    const after = await until("the changed pod", 30, () => (JSON.stringify(seen()) === before ? undefined : seen()));
    expect(JSON.stringify(after).length).to.be.below(10_000);
  });
});
