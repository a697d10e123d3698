import { expect } from "chai";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemNamespace } from "../../provider/model/names.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { appPod, type Lab, up } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, kubectl, uninstallPlatform } from "../support/cluster.ts";
import { root } from "../support/documents.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { NewUser } from "../support/new-user.ts";
import { answersPing } from "../support/outside.ts";

/* A new user's path from an empty folder, and back to it, using only the commands in docs/. Each step is timed. */

const namespaces = { dev: "new-user-dev", prod: "new-user-prod" };
const address = { first: "192.168.50.64", edited: "192.168.50.65", prod: "192.168.50.66" };

describe("a new user, by the commands of the documentation", () => {
  let lab: Lab;
  let user: NewUser;
  const times: [step: string, seconds: number][] = [];

  /** A step of the path, whose duration is printed at the end. */
  function step(title: string, work: () => Promise<void>): void {
    it(title, async () => {
      const began = performance.now();
      await work();
      times.push([title, (performance.now() - began) / 1000]);
    });
  }

  before(async () => {
    lab = await up();
    await uninstallPlatform(lab);
    for (const namespace of Object.values(namespaces))
      await applyObjects(lab.kubectl, [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        appPod({ namespace, name: "db-0", node: "node1" }),
      ]);
    for (const namespace of Object.values(namespaces))
      await kubectl(lab.kubectl, ["-n", namespace, "wait", "--for=condition=Ready", "pod/db-0", "--timeout=240s"]);
    user = await NewUser.arrive(lab.kubeconfig);
  });
  after(async () => {
    const total = times.reduce((sum, [, seconds]) => sum + seconds, 0);
    for (const [title, seconds] of [...times, ["in total", total] as const])
      console.log(`    ${seconds.toFixed(1).padStart(6)} s  ${title}`);
    await uninstallPlatform(lab);
    await kubectl(lab.kubectl, ["delete", "namespace", ...Object.values(namespaces), "--ignore-not-found"]);
    await user.leave();
    await installPlatform(lab.kubectl);
    await assertNoLeaks(lab);
  });

  const documented = (page: string, command: string) => user.documented(page, command);
  const reaches = (host: string) => answersPing(lab, "lan1", host);

  /** Objects of any kind with our name in theirs. Events about what was there stay for an hour. */
  async function left(): Promise<string[]> {
    const kinds = await user.must("kubectl api-resources --verbs=list -o name");
    const lasting = kinds.split("\n").filter((kind) => kind !== "" && !/^events\b/.test(kind));
    expect(lasting).to.include.members(["rolebindings.rbac.authorization.k8s.io", "leases.coordination.k8s.io"]);
    const names = await user.must(`kubectl get ${lasting.join(",")} --all-namespaces -o name`);
    return names.split("\n").filter((name) => name.includes("vnic"));
  }

  step("installs the package in an empty folder", async () => {
    await user.must(
      await documented("getting-started", "npm install <path>/pulumi-vnic-0.1.0.tgz @pulumi/pulumi typescript@6"),
    );
    expect(await user.must("npx pulumi-vnic --version")).to.match(/^0\.1\.0/);
  });

  step("learns from doctor what the cluster lacks, and how to install it", async () => {
    const { code, stdout } = await user.run(await documented("getting-started", "npx pulumi-vnic doctor"));
    expect(code).to.equal(3);
    expect(stdout)
      .to.include("✗")
      .and.match(/npx pulumi-vnic manifests/);
  });

  step("installs what the cluster needs, and doctor finds no fault", async () => {
    const install = "npx pulumi-vnic manifests --image <your registry>/pulumi-vnic-node:0.1.0 | kubectl apply -f -";
    await user.must(await documented("getting-started", install));
    for (const workload of ["deployment/vnic-reconciler", "daemonset/vnic-agent"])
      await user.must(`kubectl -n ${systemNamespace} rollout status ${workload} --timeout=300s`);
    expect(await user.must("npx pulumi-vnic doctor")).to.not.include("✗");
  });

  step("gives a pod its first Vnic, which a host on the LAN reaches", async () => {
    for (const file of ["index.ts", "Pulumi.yaml", "tsconfig.json"])
      await cp(join(root, "examples", "quickstart", file), join(user.project, file));
    await user.must("pulumi stack init dev");
    await user.must(
      await documented("getting-started", "pulumi config set vnic:image <your registry>/pulumi-vnic-node:0.1.0"),
    );
    await user.must(`pulumi config set namespace ${namespaces.dev} && pulumi config set address ${address.first}/24`);
    await user.must("pulumi up --yes --non-interactive");
    expect(await reaches(address.first)).to.equal(true);
  });

  step("gets a comment for a pull request that says what a change does, and makes the change", async () => {
    await user.must(`pulumi config set address ${address.edited}/24`);
    const comment = await user.must(
      await documented("pull-requests-and-promotion", "pulumi preview --json | npx pulumi-vnic plan"),
    );
    expect(comment).to.match(/^\*\*The plan of `vnic-quickstart\/dev` changes 1 NIC\*\*: 1 updated in place\./);
    expect(comment).to.include(`\`${address.first}/24\` → \`${address.edited}/24\``);
    await user.must("pulumi up --yes --skip-preview --non-interactive");
    expect(await reaches(address.edited)).to.equal(true);
    expect(await reaches(address.first)).to.equal(false);
  });

  step("promotes the commit to another stack", async () => {
    await cp(join(root, "examples", "promotion", "promote.sh"), join(user.project, "promote.sh"));
    await user.must("pulumi stack init prod");
    await user.must(
      `pulumi config set namespace ${namespaces.prod} && pulumi config set address ${address.prod}/24 && pulumi config set vnic:image localhost/pulumi-vnic-node:0.1.0`,
    );
    const who = "-c user.name=test -c user.email=test@example.org -c commit.gpgsign=false";
    await user.must(
      `echo node_modules > .gitignore && git init --quiet && git add --all && git ${who} commit --quiet -m "Give db-0 a NIC"`,
    );
    expect(await user.must("./promote.sh dev prod")).to.match(/^commit [0-9a-f]+ is in prod, as it is in dev$/m);
    expect(await reaches(address.prod)).to.equal(true);
    expect(await reaches(address.edited)).to.equal(true);
  });

  step("sees all NICs by status and graph", async () => {
    const status = await user.must(await documented("operations", "npx pulumi-vnic status"));
    for (const words of [...Object.values(namespaces), address.edited, address.prod, "node1"])
      expect(status).to.include(words);
    await user.must(await documented("operations", "npx pulumi-vnic graph -o vnics.html"));
    // kubectl finds a plug-in by its name on PATH, where npx puts the project's programs.
    const plugin = await documented("operations", "kubectl vnic");
    expect(await user.must(`PATH="$PWD/node_modules/.bin:$PATH" ${plugin} status -n ${namespaces.prod}`))
      .to.include(address.prod)
      .and.not.include(address.edited);
    const page = await readFile(join(user.project, "vnics.html"), "utf8");
    expect(page).to.match(/<svg/).and.include(address.prod);
  });

  step("destroys both stacks, and the pods keep running", async () => {
    for (const stack of ["prod", "dev"])
      await user.must(`pulumi destroy --stack ${stack} --yes --skip-preview --non-interactive`);
    for (const host of [address.edited, address.prod]) expect(await reaches(host)).to.equal(false);
    for (const namespace of Object.values(namespaces))
      expect(await user.must(`kubectl -n ${namespace} get pod db-0 -o jsonpath={.status.phase}`)).to.equal("Running");
  });

  step("uninstalls without a trace", async () => {
    await user.must(await documented("operations", "npx pulumi-vnic uninstall"));
    // The API server removes the group's APIService a moment after the last CRD.
    await until("nothing to be left in the cluster", 120, async () => (await left()).length === 0 || undefined).catch(
      async () => expect(await left()).to.deep.equal([]),
    );
    for (const node of nodes) expect((await lab.exec(node, ["ls", "-A", stateDirectory])).stdout).to.equal("");
  });
});
