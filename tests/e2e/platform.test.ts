import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { group } from "../../provider/model/names.ts";
import { appImage, ensureKubernetesPlugin, type Lab, up } from "../lab/index.ts";
import { installPlatform, kubectl, uninstallPlatform } from "../support/cluster.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { addressesOf, type PodLink } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { root } from "../support/documents.ts";
import { Stack } from "../support/stack.ts";

/**
 * What a user adds to the example: a Deployment, a pod with a generated name, and Vnics whose pods are outputs of other
 * resources. `Shop` is a component, which later versions of the program put Vnics into.
 */
const added = `
import { Vnic, Network } from "pulumi-vnic";
class Shop extends pulumi.ComponentResource {
  constructor() { super("test:index:Shop", "shop"); }
}
const containers = [{ name: "server", image: config.require("image"), imagePullPolicy: "IfNotPresent" }];
const metadata = { namespace: namespace.metadata.name, labels: { app: "web" } };
const web = new kubernetes.apps.v1.Deployment("web", {
  metadata: { ...metadata, name: "web" },
  spec: { replicas: 1, selector: { matchLabels: { app: "web" } }, template: { metadata: { labels: { app: "web" } }, spec: { containers } } },
});
const single = new kubernetes.core.v1.Pod("single", { metadata: { namespace: namespace.metadata.name }, spec: { containers } });
const lan = new Network("lan", { parent: config.require("parent") }, { dependsOn: platform });
`;

/** The Vnics in the first version of the program. */
const vnics = `
new VnicSet("web-wires", {
  namespace: web.metadata.namespace,
  workload: { kind: "Deployment", name: web.metadata.name },
  template: { network: lan },
  addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.86", to: "192.168.50.86" }],
}, { dependsOn: [platform, web] });
new Vnic("of-pod", { pod: { namespace: single.metadata.namespace, name: single.metadata.name }, network: lan, addresses: ["192.168.50.87/24"] },
  { dependsOn: platform, deletedWith: single });
new Vnic("of-set", { pod: { namespace: database.metadata.namespace, name: pulumi.interpolate\`\${database.metadata.name}-0\` }, network: lan, addresses: ["192.168.50.88/24"] },
  { dependsOn: platform, deletedWith: namespace });
`;

/** These Vnics with other names, and in a component. */
const moved = vnics
  .replace('"web-wires"', '"web-nics"')
  .replace("[platform, web] }", '[platform, web], aliases: [{ name: "web-wires" }] }')
  .replace('"of-pod"', '"pod-nic"')
  .replace("deletedWith: single", 'deletedWith: single, aliases: [{ name: "of-pod" }]')
  .replace("deletedWith: namespace", "deletedWith: namespace, parent: new Shop(), aliases: [{ parent: undefined }]");

describe("Platform, pods and their Vnics in one program (examples/statefulset), with the engine's own Kubernetes plugin", () => {
  let lab: Lab;
  let stack: Stack;

  before(async () => {
    const plugin = await ensureKubernetesPlugin();
    lab = await up();
    await uninstallPlatform(lab);
    stack = await Stack.create({
      kubeconfig: lab.kubeconfig,
      example: "statefulset",
      plugins: [plugin],
      config: { namespace: "program", image: appImage, replicas: 3, from: "192.168.50.80", to: "192.168.50.83" },
    });
    await write(vnics);
  });
  after(async () => {
    await stack.pulumi("destroy", "--yes", "--skip-preview");
    await stack.remove();
  });

  /** Sets the program: the example, what a user adds, and Vnics. */
  async function write(text: string): Promise<void> {
    const example = await readFile(join(root, "examples", "statefulset", "index.ts"), "utf8");
    const namespace = /new kubernetes\.core\.v1\.Namespace\(.*(?=\);)/;
    expect(example).to.match(namespace);
    // A Vnic that is deleted with its namespace is removed by the reconciler, which therefore has to be deleted later.
    const program = example.replace(namespace, "$&, { dependsOn: platform }");
    await writeFile(join(stack.folder, "project", "index.ts"), `${program}${added}${text}`);
  }

  /** The operations of a preview that change something, by the resource's name. */
  async function planned(): Promise<Record<string, string>> {
    const { code, stdout, stderr } = await stack.pulumi("preview", "--json");
    expect(code, stdout + stderr).to.equal(0);
    const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string }[] };
    const changes = steps.filter(({ op }) => op !== "same");
    return Object.fromEntries(changes.map(({ op, urn }): [string, string] => [urn.split("::").at(-1) ?? "", op]));
  }

  const addresses = async () => (await stack.output("addresses")) as Record<string, string[]>;
  const answering = async (...hosts: number[]) => {
    const found = await Promise.all(hosts.map((host) => answersPing(lab, "lan1", `192.168.50.${host}`)));
    return hosts.filter((_, index) => found[index]);
  };
  const inProgram = (...argv: string[]) => kubectl(lab.kubectl, ["-n", "program", ...argv]);

  /** The addresses of our NICs in a pod. */
  async function held(pod: string): Promise<string[]> {
    const links = JSON.parse(await inProgram("exec", pod, "--", "ip", "-j", "-d", "address")) as PodLink[];
    return links
      .filter(({ ifalias }) => ifalias?.startsWith(`${group}/`))
      .flatMap(addressesOf)
      .sort();
  }

  const single = async () => (await inProgram("get", "pods", "-o", "name")).match(/pod\/(single-\S+)/)?.[1] ?? "";

  it("is planned in an empty cluster, and created from nothing, and each pod is reached from outside", async () => {
    const plan = await planned();
    expect(plan).to.include({
      wires: "create",
      "web-wires": "create",
      "of-pod": "create",
      "of-set": "create",
      web: "create",
    });
    await stack.up();
    expect(await addresses()).to.deep.equal({
      "db-0": ["192.168.50.80/24"],
      "db-1": ["192.168.50.81/24"],
      "db-2": ["192.168.50.82/24"],
    });
    expect(await answering(80, 81, 82, 86, 87, 88)).to.deep.equal([80, 81, 82, 86, 87, 88]);
    expect(await held("db-0")).to.deep.equal(["192.168.50.80/24", "192.168.50.88/24"]);
    expect(await held(await single())).to.deep.equal(["192.168.50.87/24"]);
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
  });

  it("has no changes after a refresh, and changes nothing at a second up", async () => {
    await stack.must("refresh", "--yes", "--skip-preview");
    expect(await planned()).to.deep.equal({});
    await stack.up("--expect-no-changes");
  });

  it("plans only the other changes when Vnics are renamed and moved into a component with aliases", async () => {
    await write(moved);
    await stack.must("config", "set-all", "--plaintext", "replicas=4", "--plaintext", "to=192.168.50.84");
    const before = await stack.vnics();
    expect(await planned()).to.deep.equal({ shop: "create", database: "update", wires: "update" });
    await stack.up();
    expect(Object.keys(await addresses())).to.have.length(4);
    expect(await answering(80, 83, 86, 87, 88)).to.deep.equal([80, 83, 86, 87, 88]);
    const uids = (vnics: typeof before) => vnics.map(({ outputs }) => String(outputs?.["uid"])).sort();
    expect(uids(await stack.vnics())).to.deep.equal(uids(before));
    expect(await planned()).to.deep.equal({});
  });

  it("is destroyed without a trace: the Vnics first or with their pods, the platform last", async () => {
    await stack.destroy();
    expect(await answering(80, 81, 82, 83, 86, 87, 88)).to.deep.equal([]);
    const { stdout } = await lab.kubectl(["get", "crds,clusterroles,namespaces", "-o", "name"]);
    expect(stdout).not.to.match(/vnic|program/);
    // The leak check lists Vnics, and so needs the CRD.
    await installPlatform(lab.kubectl);
    await assertNoLeaks(lab);
  });
});
