import { expect } from "chai";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { messageOf } from "../../provider/base/errors.ts";
import { defaultImage } from "../../provider/base/package.ts";
import type { Cluster, PodRef } from "../../provider/cluster/cluster.ts";
import {
  preparePublication,
  publish,
  publishedEntry,
  withdraw,
} from "../../provider/lifecycle/network/network-status.ts";
import {
  dynamicNetworksRole,
  networkStatusAnnotation,
  withEntry,
} from "../../provider/model/kubernetes/network-status.ts";
import type { PodObject } from "../../provider/model/kubernetes/pod.ts";
import { group, providerServiceAccount, reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import { networkStatusPart } from "../../provider/model/platform/network-status.ts";
import { platformManifests } from "../../provider/model/platform/platform.ts";
import { appPod } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, kubectl, serviceAccountKubeconfig } from "../support/cluster.ts";

const namespace = "network-status";
const objects = networkStatusPart({ networkStatus: true });
const accounts = [providerServiceAccount, reconcilerName];

describe("the annotation network-status of a pod", () => {
  let api: ApiServer;
  let pod: PodRef;
  let clusters: Cluster[];
  const admin = (...argv: string[]) => kubectl(api.kubectl, ["-n", namespace, ...argv]);
  const read = async () => JSON.parse(await admin("get", "pod", "db", "-o", "json")) as PodObject;
  const entries = async () =>
    JSON.parse((await read()).metadata?.annotations?.[networkStatusAnnotation] ?? "[]") as { interface: string }[];
  const nic = (number: number) => {
    const mac = `02:00:00:00:00:${String(number).padStart(2, "0")}`;
    return { name: `net${number}`, mac, mtu: 1500, addresses: [`192.168.50.${number}/24`], up: true };
  };
  const entry = (number: number) => publishedEntry(`${namespace}/lan`, pod, nic(number));
  const put = (cluster: Cluster, number: number) =>
    publish({ cluster }, namespace, undefined, entry(number), nic(number));

  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await applyObjects(api.kubectl, [
      ...platformManifests({ image: defaultImage, without: ["policies", "agent"] }),
      ...objects,
      appPod({ namespace, name: "db", node: "node1" }),
    ]);
    await admin("annotate", "pod", "db", "example.org/note=kept");
    pod = { namespace, name: "db", uid: (await read()).metadata?.uid ?? "" };
    clusters = await Promise.all(
      accounts.map(async (account) =>
        openCluster({ kubeconfig: await serviceAccountKubeconfig(api.kubectl, systemNamespace, account) }),
      ),
    );
    // A policy takes effect only a moment after it was applied.
    await until("the policy to take effect", 30, async () =>
      (await change(0, { metadata: { labels: { app: "web" } } })).includes("may change nothing") ? true : undefined,
    );
  });
  after(() =>
    kubectl(api.kubectl, ["delete", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })),
  );

  /** An entry of `managedFields`: those fields are a stranger's. */
  const owner = (fieldsV1: object) => ({
    ...{ manager: "stranger", operation: "Apply", apiVersion: "v1", time: "2026-01-01T00:00:00Z" },
    ...{ fieldsType: "FieldsV1", fieldsV1 },
  });

  /** The API server's message about a change of the pod by one of our accounts; empty if it is admitted. */
  async function change(account: number, patch: object, ...flags: string[]): Promise<string> {
    const user = `system:serviceaccount:${systemNamespace}:${accounts[account]}`;
    const words = [
      "patch",
      "pod",
      "db",
      "-n",
      namespace,
      "--as",
      user,
      "--dry-run=server",
      "--type=strategic",
      ...flags,
    ];
    return (await api.kubectl([...words, "-p", JSON.stringify(patch)])).stderr;
  }

  it("keeps all entries if two drivers and another program change it at once", async () => {
    const foreign = (number: number) => ({ ...nic(number), interface: `eth${number}`, name: "other/lan" });
    const [one, other] = clusters as [Cluster, Cluster];
    const administrator = await openCluster({ kubeconfig: api.kubeconfig });
    await Promise.all([
      ...[11, 12, 13, 14].map((number) => put(one, number)),
      ...[21, 22, 23, 24].map((number) => put(other, number)),
      ...[31, 32].map((number) =>
        administrator.changePodAnnotation(pod, networkStatusAnnotation, (text) =>
          JSON.stringify([...(JSON.parse(text ?? "[]") as unknown[]), foreign(number)]),
        ),
      ),
    ]);
    const names = [11, 12, 13, 14, 21, 22, 23, 24].map((number) => `net${number}`);
    expect((await entries()).map((one) => one.interface).sort()).to.deep.equal(["eth31", "eth32", ...names]);
    await Promise.all([
      ...[11, 12, 13, 14].map((number) => withdraw({ cluster: one }, namespace, entry(number))),
      ...[21, 22, 23, 24].map((number) => withdraw({ cluster: other }, namespace, entry(number))),
    ]);
    expect((await entries()).map((one) => one.interface).sort()).to.deep.equal(["eth31", "eth32"]);
    expect((await read()).metadata?.annotations?.["example.org/note"]).to.equal("kept");
    await admin("annotate", "pod", "db", `${networkStatusAnnotation}-`);
  });

  it("is removed with the last entry, and is left alone on a pod that only has the same name", async () => {
    const [cluster] = clusters as [Cluster];
    await put(cluster, 11);
    const others = { ...entry(11), podUid: "00000000-0000-4000-8000-000000000000" };
    await withdraw({ cluster }, namespace, others);
    expect(await entries()).to.have.length(1);
    await withdraw({ cluster }, namespace, entry(11));
    expect((await read()).metadata?.annotations).to.not.have.property(networkStatusAnnotation);
  });

  it("is all that the provider and the reconciler may change of a pod", async () => {
    for (const account of accounts.keys()) {
      const annotated = (text: string) => ({ metadata: { annotations: { [networkStatusAnnotation]: text } } });
      expect(
        await change(account, annotated(withEntry(undefined, { ...entry(11), ips: [], mtu: 1500, dns: {} }))),
      ).to.equal("");
      for (const patch of [
        { metadata: { labels: { app: "web" } } },
        { metadata: { annotations: { "example.org/note": "changed" } } },
        { metadata: { annotations: { "example.org/note": null } } },
        { metadata: { annotations: { "example.org/more": "new" } } },
        { metadata: { finalizers: ["example.org/kept"] } },
        { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "x", uid: pod.uid }] } },
        { metadata: { managedFields: [{}] } },
        ...[{}, { "f:metadata": { "f:labels": { "f:app": {} } } }].map((more) => ({
          metadata: { managedFields: [owner({ "f:spec": { "f:nodeName": {} }, ...more })] },
        })),
        { metadata: { managedFields: [owner({ "f:metadata": { "f:annotations": { "f:example.org/note": {} } } })] } },
        { metadata: { generateName: "db-" } },
        { spec: { activeDeadlineSeconds: 1 } },
        { spec: { containers: [{ name: "redis", image: "evil" }] } },
      ])
        expect(await change(account, patch), JSON.stringify(patch)).to.include(
          `may change nothing of a pod but its annotation ${networkStatusAnnotation}`,
        );
      for (const subresource of ["status", "resize"])
        expect(await change(account, annotated("[]"), "--subresource", subresource)).to.match(/forbidden/i);
    }
  });

  it("isn't written where multus-dynamic-networks-controller is installed, which both accounts can see", async () => {
    const network = { mode: "macvlan", parent: "eth1", networkStatus: `${namespace}/lan` } as const;
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: dynamicNetworksRole },
    };
    const prepared = async () => {
      const warnings: string[] = [];
      const warn = (text: string) => void warnings.push(text);
      const names = await Promise.all(clusters.map((cluster) => preparePublication({ cluster, warn }, network, pod)));
      return { names, warnings };
    };
    expect(await prepared()).to.deep.equal({ names: [network.networkStatus, network.networkStatus], warnings: [] });
    await applyObjects(api.kubectl, [{ ...role, rules: [] }]);
    try {
      const { names, warnings } = await prepared();
      expect(names).to.deep.equal([undefined, undefined]);
      expect(warnings).to.have.length(2);
      expect(warnings[0]).to.include("multus-dynamic-networks-controller is installed, and would unplug it");
    } finally {
      await kubectl(api.kubectl, ["delete", "clusterrole", dynamicNetworksRole]);
    }
  });

  it("can't be changed without the option networkStatus, which the error names", async () => {
    const [cluster] = clusters as [Cluster];
    await cluster.tryPodChange(pod);
    await kubectl(api.kubectl, ["delete", "clusterrolebinding", "vnic-network-status"]);
    const refused = await until("the right to be gone", 30, async () =>
      cluster.tryPodChange(pod).then(() => undefined, messageOf),
    );
    expect(refused).to.match(/cannot patch resource "pods"/);
    await applyObjects(api.kubectl, objects);
    const paths = platformManifests({ image: defaultImage }).map(({ metadata }) => metadata.name);
    expect(paths).to.not.include.members(["vnic-network-status", `pod-annotation.${group}`]);
  });
});
