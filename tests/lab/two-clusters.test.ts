import { expect } from "chai";
import { type AnotherLab, anotherLab } from "../support/another-lab.ts";
import { applyObjects, installPlatform, kubectl, providerKubeconfig } from "../support/cluster.ts";
import { Stack } from "../support/stack.ts";
import { appPod, ensurePulumi, type Lab, up } from "./index.ts";

const address = "192.168.50.81";
const namespace = "two-clusters";

const program = `
const { Vnic } = require("pulumi-vnic");
for (const cluster of ["first", "second"])
  exports[cluster] = new Vnic(cluster, {
    cluster, name: "wire", pod: { namespace: "${namespace}", name: "db" }, network: { parent: "eth1" }, addresses: ["${address}/24"],
  }).interface;
`;

// Each cluster has a LAN of its own, so that both may have the same names and addresses.
describe("two clusters", function () {
  this.timeout(15 * 60_000); // the first start builds Kubernetes
  let first: Lab;
  let second: AnotherLab;
  let stack: Stack;

  before(async () => {
    await ensurePulumi();
    [first, second] = await Promise.all([up(), anotherLab()]);
    for (const { kubectl: run } of [first, second]) {
      await installPlatform(run);
      await applyObjects(run, [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        appPod({ namespace, name: "db", node: "node1" }),
      ]);
      await kubectl(run, ["-n", namespace, "wait", "--for=condition=Ready", "pod/db", "--timeout=300s"]);
    }
    stack = await Stack.create({ kubeconfig: "/no/kubeconfig", program });
  });
  after(async () => {
    await stack?.remove();
    await second?.down();
    await kubectl(first.kubectl, ["delete", "namespace", namespace, "--wait=true", "--timeout=300s"]);
  });

  const answers = async (lab: Pick<Lab, "exec">) =>
    (await lab.exec("lan1", ["ping", "-n", "-c", "1", "-w", "3", address])).code === 0;

  it("get one Vnic each by one up, found by later commands, and none after destroy", async () => {
    const clusters: Record<string, object> = {};
    for (const [name, lab] of Object.entries({ first, second }))
      clusters[name] = { kubeconfig: await providerKubeconfig(lab.kubectl) };
    await stack.must("config", "set", "vnic:clusters", JSON.stringify(clusters));
    await stack.must("preview");
    await stack.up();
    expect([await answers(first), await answers(second)]).to.deep.equal([true, true]);
    await stack.must("preview", "--expect-no-changes");
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.destroy();
    expect([await answers(first), await answers(second)]).to.deep.equal([false, false]);
    for (const lab of [first, second])
      expect(await kubectl(lab.kubectl, ["get", "vnics", "-A", "-o", "name"])).to.equal("");
  });
});
