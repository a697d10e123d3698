import { expect } from "chai";
import {
  agentName,
  annotations,
  apiVersion,
  providerServiceAccount,
  reconcilerName,
  systemNamespace,
} from "../../provider/model/names.ts";
import { messageOf } from "../../provider/base/errors.ts";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { clusterAddressProblems } from "../../provider/model/network/cluster-addresses.ts";
import type { VnicStatus } from "../../provider/model/vnic/conditions.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, installPlatform, kubectl, removeParts, serviceAccountKubeconfig } from "../support/cluster.ts";
import { someSessionJob } from "../support/session-job.ts";

/* The requests that the API server allows to a node, which has a kubelet's credentials. */

describe("a node", () => {
  let api: ApiServer;
  const namespace = "nodes";
  const as = ["--as=system:node:node1", "--as-group=system:nodes", "--as-group=system:authenticated"];
  const asNode = (argv: readonly string[], input?: object) =>
    api.kubectl([...argv, ...as], input === undefined ? undefined : JSON.stringify(input));
  const agentOn = (node: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `agent-${node}`, namespace: systemNamespace },
    spec: {
      nodeName: node,
      serviceAccountName: agentName,
      automountServiceAccountToken: true,
      containers: [{ name: "agent", image: defaultImage }],
    },
  });

  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await installPlatform(api.kubectl, ["agent"]);
    await applyObjects(
      api.kubectl,
      ["node1", "node2"].map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name } })),
    );
    await applyObjects(api.kubectl, [agentOn("node1"), agentOn("node2")]);
  });
  after(async () => {
    await api.kubectl(["delete", "-n", systemNamespace, "pod", "agent-node1", "agent-node2", "--force"]);
    await removeParts(api.kubectl, "agent");
    await api.kubectl(["delete", "node", "node1", "node2"]);
  });

  const token = (account: string, ...more: string[]) =>
    asNode(["create", "token", account, "-n", systemNamespace, ...more]);
  const boundTo = async (pod: string) => {
    const path = "jsonpath={.metadata.uid}";
    const uid = await kubectl(api.kubectl, ["get", "pod", pod, "-n", systemNamespace, "-o", path]);
    return ["--bound-object-kind=Pod", `--bound-object-name=${pod}`, `--bound-object-uid=${uid}`];
  };

  const cannot = (questions: readonly string[][]) =>
    Promise.all(
      questions.map(async (question) => {
        const { stdout } = await asNode(["auth", "can-i", ...question]);
        expect(stdout, question.join(" ")).to.match(/^no\b/);
      }),
    );

  it("reads and writes none of our records with its own credentials", async () => {
    for (const resource of ["vnics", "vnicsets", "vnicnetworks", "vnicaddresses"])
      await cannot([
        ...["get", "create", "patch", "delete"].map((verb) => [verb, `${resource}.pulumi-vnic.dev`, "-n", namespace]),
        ["patch", `${resource}.pulumi-vnic.dev`, "--subresource=status", "-n", namespace],
      ]);
  });

  it("creates no Job, attaches to no pod and makes nobody the leader", () =>
    cannot([
      ["create", "jobs.batch", "-n", systemNamespace],
      ["create", "pods", "--subresource=attach", "-n", systemNamespace],
      ["create", "pods", "--subresource=exec", "-n", systemNamespace],
      ["update", "leases.coordination.k8s.io", "-n", systemNamespace],
    ]));

  it("gets no token of the provider or the reconciler, and none of another node's agent", async () => {
    for (const account of [providerServiceAccount, reconcilerName, agentName])
      expect((await token(account)).stderr, account).to.match(/no relationship found|not bound to a pod/);
    expect((await token(providerServiceAccount, ...(await boundTo("agent-node1")))).stderr).to.match(
      /[Ff]orbidden|[Ii]nvalid/,
    );
    expect((await token(agentName, ...(await boundTo("agent-node2")))).stderr).to.match(/different node/);
    const own = await token(agentName, ...(await boundTo("agent-node1")));
    expect(own.stderr).to.equal("");
  });

  it("changes with its agent's token what the agent observes of a Vnic, and nothing by which drivers find pods and claims", async () => {
    const vnic = {
      apiVersion,
      kind: "Vnic",
      metadata: { name: "wire", namespace, annotations: { [annotations.node]: "node1" } },
      spec: { pod: { name: "db" }, network: { name: "lan" } },
    };
    await applyObjects(api.kubectl, [vnic]);
    const kubeconfig = await serviceAccountKubeconfig(
      api.kubectl,
      systemNamespace,
      agentName,
      await boundTo("agent-node1"),
    );
    const cluster = await openCluster({ kubeconfig });
    const ref = { namespace, name: "wire" };
    const uid = await kubectl(api.kubectl, ["get", "vnic", "wire", "-n", namespace, "-o", "jsonpath={.metadata.uid}"]);
    const change = (more: Partial<VnicStatus>) =>
      cluster.changeVnicStatus(ref, uid, (status) => ({ ...status, ...more })).then(() => "", messageOf);
    const lease = {
      ...{ address: "192.168.60.7/24", server: "192.168.60.1", leaseSeconds: 30, renewSeconds: 15, rebindSeconds: 26 },
      ...{ obtainedAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-01T00:00:30Z" },
    };
    const claim = { name: "a", uid: "b", resourceVersion: "1" };
    const entry = { name: "shop/lan", pod: "other", podUid: "c", interface: "eth0", mac: "02:00:00:00:00:01" };
    const pod = { name: "other", uid: "c", sandboxId: "d" };
    await until("the policy to take effect", 30, async () => (await change({ node: "node2" })) !== "" || undefined);
    for (const [field, more] of Object.entries({
      node: { node: "node2" },
      pod: { pod },
      recordUid: { recordUid: "e" },
      addressClaims: { addressClaims: [claim] },
      networkStatus: { networkStatus: entry },
    }))
      expect(await change(more), field).to.match(
        new RegExp(`a node agent may change conditions, lease and interface only, and not ${field}`),
      );
    const live = { name: "net1", mac: "02:00:00:00:00:07", mtu: 1500, addresses: ["192.168.60.7/24"], up: true };
    expect(await change({ interface: live, lease })).to.equal("");
  });

  it("keeps no whole subnet from others' Vnics by what it says of its Node", async () => {
    const podCIDRs = ["10.0.0.0/9", "fc00::/7"];
    const spec = JSON.stringify({ spec: { podCIDR: podCIDRs[0], podCIDRs } });
    expect((await asNode(["patch", "node", "node1", "--type=merge", "-p", spec])).stderr).to.equal("");
    const texts = [...podCIDRs, "10.9.0.0-10.9.255.255", "10.66.0.8"];
    const addresses = texts.map((address) => ({ type: "InternalIP", address }));
    const node = JSON.parse(await kubectl(api.kubectl, ["get", "node", "node1", "-o", "json"])) as { status: object };
    const changed = { ...node, status: { ...node.status, addresses } };
    expect((await asNode(["replace", "--raw", "/api/v1/nodes/node1/status", "-f", "-"], changed)).stderr).to.equal("");
    const held = await (await openCluster({ kubeconfig: api.kubeconfig })).clusterAddresses();
    expect(clusterAddressProblems(["10.66.0.7/24", "10.9.0.7/24", "fd66::7/64"], held)).to.deep.equal([]);
    expect(clusterAddressProblems(["10.66.0.8/24"], held)[0]?.reason).to.include("belongs to node node1");
  });

  it("puts no pod of its own in our namespace, where a driver would take it for a session's", async () => {
    const { spec } = someSessionJob().spec.template;
    const uid = await kubectl(api.kubectl, ["get", "node", "node1", "-o", "jsonpath={.metadata.uid}"]);
    const mirror = (changes: object) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "session-node1",
        namespace: systemNamespace,
        labels: { "batch.kubernetes.io/job-name": "session-of-node2" },
        annotations: { "kubernetes.io/config.mirror": "0" },
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node1", uid, controller: true }],
      },
      // A mirror pod has no service account.
      spec: { ...spec, serviceAccountName: undefined, affinity: undefined, nodeName: "node1", ...changes },
    });
    const create = (pod: object) => asNode(["create", "--dry-run=server", "-f", "-"], pod);
    await installPlatform(api.kubectl, ["agent", "policies"]);
    try {
      const refused = await until("the policies to take effect", 30, async () => {
        const { code, stderr } = await create(mirror({}));
        return code === 0 ? undefined : stderr;
      });
      expect(refused).to.match(/service account .* is none of those that run in vnic-system/);
      expect((await create(mirror({ serviceAccountName: providerServiceAccount }))).stderr).to.match(/service account/);
    } finally {
      await removeParts(api.kubectl, "policies");
    }
  });
});
