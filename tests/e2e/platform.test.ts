import { expect } from "chai";
import { group } from "../../provider/model/names.ts";
import { appImage, type Lab, up } from "../lab/index.ts";
import { installPlatform, kubectl, uninstallPlatform } from "../support/cluster.ts";
import { findKubernetesPlugin } from "../support/kubernetes-plugin.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { answersPing } from "../support/outside.ts";
import { Stack } from "../support/stack.ts";

const plugin = findKubernetesPlugin();
const by = plugin.isStandIn
  ? "by a stand-in for the engine's Kubernetes plugin: server-side apply to the real API server, no refresh"
  : "by the engine's own Kubernetes plugin";

describe(`Platform, StatefulSet and VnicSet in one program (examples/statefulset), ${by}`, () => {
  let lab: Lab;
  let stack: Stack;

  before(async () => {
    lab = await up();
    await uninstallPlatform(lab);
    stack = await Stack.create({ kubeconfig: lab.kubeconfig, example: "statefulset", plugins: [plugin.folder] });
    const settings = { namespace: "program", image: appImage, replicas: 3, from: "192.168.50.80", to: "192.168.50.83" };
    for (const [key, value] of Object.entries(settings)) await stack.must("config", "set", key, String(value));
  });
  after(async () => {
    await stack.pulumi("destroy", "--yes", "--skip-preview");
    await stack.remove();
  });

  const addresses = async () => (await stack.output("addresses")) as Record<string, string[]>;

  it("is created from nothing, and each pod is reached from outside at the address of its ordinal", async () => {
    await stack.up();
    expect(await addresses()).to.deep.equal({
      "db-0": ["192.168.50.80/24"],
      "db-1": ["192.168.50.81/24"],
      "db-2": ["192.168.50.82/24"],
    });
    for (const last of [80, 81, 82]) expect(await answersPing(lab, "lan1", `192.168.50.${last}`)).to.equal(true);
    const standing = await kubectl(lab.kubectl, [
      "get",
      "deployments,validatingadmissionpolicies,crds",
      "-A",
      "-o",
      "name",
    ]);
    expect(standing)
      .to.include("deployment.apps/vnic-reconciler")
      .and.include(`own-pods-only.${group}`)
      .and.include(`vnicsets.${group}`);
  }).timeout(400_000);

  it("changes nothing at a second up", () => stack.up("--expect-no-changes"));

  it("plans more pods and a wider range in place, and waits until all pods have their Vnics", async () => {
    await stack.must("config", "set", "replicas", "4");
    await stack.must("config", "set", "to", "192.168.50.84");
    expect(await stack.must("preview", "--diff")).to.match(/~ pulumi-nodejs:dynamic\/vnic:VnicSet: \(update\)/);
    await stack.up();
    expect(Object.keys(await addresses())).to.have.length(4);
    expect(await answersPing(lab, "lan1", "192.168.50.83")).to.equal(true);
  }).timeout(400_000);

  it("is destroyed without a trace: the Vnics first, the platform last", async () => {
    await stack.destroy();
    for (const last of [80, 81, 82, 83]) expect(await answersPing(lab, "lan1", `192.168.50.${last}`)).to.equal(false);
    const { stdout } = await lab.kubectl(["get", "crds,clusterroles,namespaces", "-o", "name"]);
    expect(stdout).not.to.match(/vnic/);
    // The leak check lists Vnics, and so needs the CRD.
    await installPlatform(lab.kubectl);
    await assertNoLeaks(lab);
  }).timeout(400_000);
});
