import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { defaultImage } from "../../provider/base/package.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { agentName, apiVersion, group, reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import { writeChart } from "../../scripts/chart/chart.ts";
import { appPod, ensureHelm, type Lab, up } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import { must } from "../lab/run.ts";
import { applyObjects, installPlatform, kubectl, uninstallPlatform } from "../support/cluster.ts";
import { runCommand } from "../support/command-line.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { tagImage, untagImage } from "../support/node-images.ts";
import { answersPing } from "../support/outside.ts";

const namespace = "by-helm";
const address = "192.168.50.86";
// The next version of the image is the same image under another name. That is enough, because the test is about
// replacing everything that runs.
const nextImage = defaultImage.replace(/:.*$/, ":next");

describe("the chart, installed by Helm", () => {
  let lab: Lab;
  let folder: string;
  let program: string;

  before(async () => {
    lab = await up();
    await uninstallPlatform(lab);
    folder = await mkdtemp(join(tmpdir(), "vnic-helm-"));
    await writeChart(join(folder, "pulumi-vnic"));
    program = join(await ensureHelm(), "helm");
    for (const node of nodes) await tagImage(lab, node, defaultImage, nextImage);
  });
  after(async () => {
    await uninstallPlatform(lab);
    await here("delete", "namespace", namespace, "--ignore-not-found", "--wait=true");
    for (const node of nodes) await untagImage(lab, node, nextImage);
    await rm(folder, { recursive: true, force: true });
    await installPlatform(lab.kubectl);
    await assertNoLeaks(lab);
  });

  const here = (...argv: string[]) => kubectl(lab.kubectl, argv);

  const helm = (...argv: string[]) =>
    must([program, ...argv, "--namespace", "default", "--wait", "--timeout", "10m"], {
      env: { ...process.env, KUBECONFIG: lab.kubeconfig, HOME: folder },
      timeoutSeconds: 700,
    });

  /** The pods of the reconciler and of the agent that are ready at this moment, with their image. */
  async function readyPods(): Promise<string[]> {
    const { items } = JSON.parse(await here("-n", systemNamespace, "get", "pods", "-o", "json")) as {
      items: {
        metadata: { deletionTimestamp?: string };
        spec: { serviceAccountName: string; containers: { image: string }[] };
        status: { conditions: { type: string; status: string }[] };
      }[];
    };
    return items
      .filter(({ metadata, spec, status }) => {
        const isReady = status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
        const isOurs = [agentName, reconcilerName].includes(spec.serviceAccountName);
        return isReady && isOurs && metadata.deletionTimestamp === undefined;
      })
      .map(({ spec }) => `${spec.serviceAccountName} ${spec.containers[0]?.image}`)
      .sort();
  }

  const pods = (image: string, replicas: number) => [
    ...nodes.map(() => `${agentName} ${image}`),
    ...Array.from({ length: replicas }, () => `${reconcilerName} ${image}`),
  ];

  it("is ready when the installation returns, and serves a Vnic that is reached from outside", async () => {
    expect(await helm("install", "vnic", join(folder, "pulumi-vnic"))).to.include("npx pulumi-vnic doctor");
    expect(await readyPods()).to.deep.equal(pods(defaultImage, 2));
    await applyObjects(lab.kubectl, [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      appPod({ namespace, name: "db", node: "node1" }),
      {
        apiVersion,
        kind: "Vnic",
        metadata: { namespace, name: "wire" },
        spec: { pod: { name: "db" }, network: { parent: "eth1" }, addresses: [`${address}/24`] },
      },
    ]);
    await here("-n", namespace, "wait", "--for=condition=Ready", "vnic/wire", "--timeout=300s");
    expect(await answersPing(lab, "lan1", address)).to.equal(true);
  });

  it("is upgraded to another image under its own admission policy, and is ready when the upgrade returns", async () => {
    const values = ["--set", `image=${nextImage}`, "--set", "reconciler.replicas=1"];
    await helm("upgrade", "vnic", join(folder, "pulumi-vnic"), ...values);
    expect(await readyPods()).to.deep.equal(pods(nextImage, 1));
    const policy = await here("get", "validatingadmissionpolicy", `own-pods-only.${group}`, "-o", "json");
    expect(policy).to.include(nextImage).and.not.include(defaultImage);
    expect(await answersPing(lab, "lan1", address)).to.equal(true);
  });

  it("is uninstalled except for the CRDs, and leaves records and NICs in place", async () => {
    await helm("uninstall", "vnic");
    expect(await answersPing(lab, "lan1", address)).to.equal(true);
    const left = await here("get", "crds,clusterroles,validatingadmissionpolicies,namespaces", "-o", "name");
    expect(left.split("\n").filter((name) => name.includes("vnic"))).to.deep.equal(
      ["vnicaddresses", "vnicnetworks", "vnics", "vnicsets"].map(
        (kind) => `customresourcedefinition.apiextensions.k8s.io/${kind}.${group}`,
      ),
    );
  });

  it("leaves nothing behind once pulumi-vnic uninstall has deleted the records that Helm left", async () => {
    const { code, stdout, stderr } = await runCommand(["uninstall", "--delete-records"], {
      kubeconfig: lab.kubeconfig,
    });
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout)
      .to.include(`created Namespace ${systemNamespace} again`)
      .and.include(`deleted Vnic ${namespace}/wire`);
    expect(await answersPing(lab, "lan1", address)).to.equal(false);
    expect(await here("get", "crds,namespaces", "-o", "name")).to.not.include("vnic");
    for (const node of nodes) expect((await lab.exec(node, ["ls", "-A", stateDirectory])).stdout).to.equal("");
  });
});
