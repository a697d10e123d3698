import { expect } from "chai";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { Claims } from "../../provider/lifecycle/claim.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { appPod } from "../lab/index.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects } from "../support/cluster.ts";
import { define } from "../support/lifecycle.ts";

const namespace = "runtime-classes";

describe("a pod whose sandbox has its own network stack", () => {
  let api: ApiServer;
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await applyObjects(
      api.kubectl,
      [
        ["safe", "runsc"],
        ["vm", "kata-qemu"],
      ].map(([name, handler]) => ({ apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name }, handler })),
    );
  });

  /** Creates a pod with the status of a running one. */
  async function run(name: string, runtimeClassName: string): Promise<void> {
    const pod = appPod({ namespace, name, node: "node1" }) as { spec: object };
    await applyObjects(api.kubectl, [{ ...pod, spec: { ...pod.spec, runtimeClassName } }]);
    const state = { running: { startedAt: new Date().toISOString() } };
    const container = { name: "redis", image: "x", imageID: "", ready: true, restartCount: 0, state };
    const status = {
      phase: "Running",
      containerStatuses: [{ ...container, containerID: `containerd://${"a".repeat(64)}` }],
    };
    const words = ["-n", namespace, "patch", "pod", name, "--subresource=status", "--type=merge", "-p"];
    const { code, stderr } = await api.kubectl([...words, JSON.stringify({ status })]);
    expect(code, stderr).to.equal(0);
  }

  for (const [runtimeClass, what] of [
    ["safe", "gVisor"],
    ["vm", "Kata Containers"],
  ] as const)
    it(`is refused by the handler of its RuntimeClass: ${what}`, async () => {
      await run(runtimeClass, runtimeClass);
      const cluster = await openCluster({ kubeconfig: api.kubeconfig });
      const sessions = new SessionPool(cluster, { image: "x" });
      const driver = { cluster, sessions, claims: new Claims("a test"), report: () => undefined };
      const pod = { namespace, name: runtimeClass };
      const wire = define({ name: "wire", pod, addresses: ["192.168.50.60/24"] });
      const error = await inject(driver, wire).catch((error: unknown) => error as Error);
      await sessions.close();
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message).to.include(what);
      const { stdout } = await api.kubectl(["-n", namespace, "get", "vnics", "-o", "name"]);
      expect(stdout, "records").to.equal("");
    });
});
