import { expect } from "chai";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { Claims } from "../../provider/lifecycle/claim.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { type ErrorKind, VnicError } from "../../provider/base/errors.ts";
import { providerPart } from "../../provider/model/platform/provider.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { appPod } from "../lab/index.ts";
import { applyObjects, installPlatform, kubectl, serviceAccountKubeconfig } from "../support/cluster.ts";
import { remainsOnNodes } from "../support/leaks.ts";
import { type Bench, define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { podNetns } from "../support/pod-netns.ts";

describe("inject refuses", () => {
  const namespace = "refusals";
  const bench = useBench({ namespace });
  const db = { namespace, name: "db" };

  before(() => bench.runPod("db", "node1"));
  afterEach(async () => {
    expect(await remainsOnNodes(bench.lab), "what is left on the nodes").to.deep.equal([]);
    expect(await bench.kubectl("get", "vnics", "-o", "name"), "records").to.equal("");
  });

  /** The provider's error. It must be a plain one, so nothing exists that state should keep. */
  async function refusal(
    kind: ErrorKind,
    inputs: Record<string, unknown>,
    using: Pick<Bench, "inject"> = bench,
  ): Promise<string> {
    const definition = define({ name: "wire", pod: db, addresses: ["192.168.50.60/24"], ...inputs });
    try {
      await using.inject(definition);
    } catch (error) {
      expect(error, String(error)).to.be.instanceOf(VnicError).and.have.property("name", "VnicError");
      expect(error).not.to.have.property("state");
      expect((error as VnicError).kind, (error as VnicError).message).to.equal(kind);
      return (error as VnicError).message;
    }
    throw new Error("it was not refused");
  }

  /** The lifecycle with another service account or image. */
  async function as(
    kubeconfig: string,
    image = defaultImage,
  ): Promise<Pick<Bench, "inject"> & { close(): Promise<void> }> {
    const cluster = await openCluster({ kubeconfig });
    const sessions = new SessionPool(cluster, { image });
    return {
      inject: (definition: Definition) =>
        inject({ cluster, sessions, claims: new Claims("a test"), report: () => undefined }, definition),
      close: () => sessions.close(),
    };
  }

  it("a namespace that doesn't exist", async () => {
    expect(await refusal("refused", { pod: { namespace: "nowhere", name: "db" } })).to.equal(
      `pod.namespace: there is no namespace "nowhere"; create it, and the pod in it, first`,
    );
  });

  it("a pod that doesn't exist", async () => {
    expect(await refusal("refused", { pod: { namespace, name: "db-9" } })).to.equal(
      `pod.name: there is no pod "db-9" in namespace "refusals"; create it first`,
    );
  });

  it("a pod with host network", async () => {
    const pod = appPod({ namespace: "default", name: "host", node: "node1" }) as { spec: object };
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, hostNetwork: true } }]);
    expect(await refusal("refused", { pod: { namespace: "default", name: "host" } })).to.match(
      /^pod\.name: pod default\/host uses its node's network \(hostNetwork: true\)/,
    );
    await kubectl(bench.lab.kubectl, ["delete", "pod", "-n", "default", "host", "--wait=true"]);
  });

  it("a pod that has terminated", async () => {
    const pod = appPod({ namespace, name: "done", node: "node1" }) as { spec: { containers: object[] } };
    const container = { ...pod.spec.containers[0], command: ["true"] };
    await applyObjects(bench.lab.kubectl, [
      { ...pod, spec: { ...pod.spec, restartPolicy: "Never", containers: [container] } },
    ]);
    await bench.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/done", "--timeout=300s");
    expect(await refusal("refused", { pod: { namespace, name: "done" } })).to.match(
      /^pod\.name: pod refusals\/done has terminated \(phase Succeeded/,
    );
  });

  it("a pod that stays pending, after the Vnic's deadline, with the scheduler's message", async () => {
    const { nodeName: _, ...spec } = (
      appPod({ namespace, name: "stuck", node: "node1" }) as { spec: { nodeName: string } }
    ).spec;
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name: "stuck" },
      spec: { ...spec, nodeSelector: { no: "where" } },
    };
    await applyObjects(bench.lab.kubectl, [pod]);
    await bench.kubectl("wait", "--for=condition=PodScheduled=False", "pod/stuck", "--timeout=300s");
    expect(await refusal("deadline", { pod: { namespace, name: "stuck" }, deadlines: { createSeconds: 2 } })).to.match(
      /^injecting Vnic refusals\/wire into pod refusals\/stuck: not done within 2 s; still waiting for pod refusals\/stuck to run; last seen: Unschedulable: 0\/3 nodes/,
    );
  });

  it("a parent that the node doesn't have, and names the node's interfaces", async () => {
    expect(await refusal("refused", { network: { parent: "eth9" } })).to.match(
      /^network\.parent: there is no interface "eth9" on the node; it has .*eth1/,
    );
  });

  it("an MTU above the parent's", async () => {
    expect(await refusal("refused", { mtu: 9000 })).to.equal("mtu: 9000 is above 1500, the MTU of eth1 on the node");
  });

  it("an interface name that is already used in the pod", async () => {
    const netns = await podNetns(bench, "db", "node1");
    expect(netns, "the pod's network namespace").to.match(/^\S+$/);
    await bench.lab.exec("node1", ["nsenter", `--net=${netns}`, "ip", "link", "add", "lan7", "type", "bridge"]);
    expect(await refusal("refused", { interfaceName: "lan7" })).to.equal(
      `interfaceName: pod refusals/db has an interface "lan7" already, and it isn't this Vnic's; choose another name`,
    );
    expect(
      (await bench.linksIn("db")).map(({ ifname }) => ifname),
      "the foreign link",
    ).to.include("lan7");
    await bench.lab.exec("node1", ["nsenter", `--net=${netns}`, "ip", "link", "del", "lan7"]);
  });

  it("a MAC or an address that another Vnic holds, and a record with another owner, which stays untouched", async () => {
    const holder = await bench.inject(
      define({ name: "holder", pod: db, addresses: ["192.168.50.61/24", "fd50::61/64"], mac: "02:00:5e:00:00:61" }),
    );
    const before = await bench.kubectl("get", "vnic", "holder", "-o", "jsonpath={.metadata.resourceVersion}");
    const held = "is held by Vnic refusals/holder (pod db) behind parent eth1; choose another";
    expect(await refusal("conflict", { mac: "02:00:5e:00:00:61" })).to.equal(`mac: 02:00:5e:00:00:61 ${held}`);
    expect(await refusal("conflict", { addresses: ["192.168.50.60/24", "192.168.50.61/25"] })).to.equal(
      `addresses[1]: 192.168.50.61 ${held}`,
    );
    expect(await refusal("conflict", { addresses: ["fd50:0::61/64"] })).to.equal(`addresses[0]: fd50::61 ${held}`);
    expect(
      await refusal("conflict", { name: "holder", declaredBy: "urn:other", addresses: ["192.168.50.62/24"] }),
    ).to.equal(
      "name: Vnic refusals/holder exists already and is declared by urn:test::holder; adopt it (adopt: true), choose another name, or remove that one first",
    );
    expect(await bench.kubectl("get", "vnic", "holder", "-o", "jsonpath={.metadata.resourceVersion}")).to.equal(before);
    await bench.eject(holder);
  });

  it("all but the first of three that declare one address at the same moment", async () => {
    // Several rounds, because the order of the claims is random.
    for (let round = 0; round < 5; round++) {
      const rivals = ["one", "two", "three"].map((name) => define({ name, pod: db, addresses: ["192.168.50.63/24"] }));
      const outcomes = await Promise.allSettled(rivals.map((rival) => bench.inject(rival)));
      const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [(outcome.reason as Error).message] : [],
      );
      expect(made, refused.join("\n")).to.have.length(1);
      for (const message of refused)
        expect(message).to.match(/^addresses\[0\]: 192\.168\.50\.63 is held by Vnic refusals\//);
      expect((await bench.kubectl("get", "vnics", "-o", "name")).split("\n").filter(Boolean)).to.have.length(1);
      await Promise.all(made.map((state) => bench.eject(state)));
    }
  });

  it("an image that the node doesn't have and can't pull, with the kubelet's message", async () => {
    const other = await as(
      await serviceAccountKubeconfig(bench.lab.kubectl, "vnic-system", "vnic-provider"),
      "localhost/no-such-image:1",
    );
    expect(await refusal("failed", {}, other)).to.match(
      // Which event comes first depends on the node's container runtime.
      /^injection Job vnic-system\/vnic-session-\w+-\w+ can't run on node node1 \(image localhost\/no-such-image:1\): (ImagePullBackOff|ErrImagePull|Failed): .*no-such-image/,
    );
  });

  it("to continue without rights, and names verb and resource", async () => {
    const other = await as(await serviceAccountKubeconfig(bench.lab.kubectl, namespace, "default"));
    // The first requests overlap, so any of them may be the first to be refused.
    expect(await refusal("forbidden", {}, other)).to.match(
      /cannot (get|list) resource "[a-z]+" in API group .*; grant it: npx pulumi-vnic manifests has the roles$/,
    );
  });

  it("to continue when pods/attach is refused", async () => {
    const manifests = providerPart() as {
      kind: string;
      metadata: { name: string };
      rules?: { resources: string[] }[];
    }[];
    const role = manifests.find(({ kind }) => kind === "Role");
    await applyObjects(bench.lab.kubectl, [
      { ...role, rules: role?.rules?.filter(({ resources }) => !resources.includes("pods/attach")) },
    ]);
    // Uses a new session, because an open one needs no attaching.
    const other = await as(await serviceAccountKubeconfig(bench.lab.kubectl, "vnic-system", "vnic-provider"));
    try {
      expect(await refusal("forbidden", {}, other)).to.match(
        /^attaching to pod vnic-system\/vnic-session-\S+: the API server answers HTTP 403; grant "get" and "create" on pods\/attach in namespace vnic-system/,
      );
    } finally {
      await installPlatform(bench.lab.kubectl);
    }
  });

  it("a cluster without our CRD", async () => {
    await kubectl(bench.lab.kubectl, ["delete", "crd", "vnics.pulumi-vnic.dev", "--wait=true"]);
    try {
      expect(await refusal("notInstalled", {})).to.match(
        /the cluster doesn't know pulumi-vnic\.dev\/v1alpha1; install them: npx pulumi-vnic manifests \| kubectl apply -f -$/,
      );
    } finally {
      await installPlatform(bench.lab.kubectl);
    }
  });
});
