import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { systemNamespace } from "../../provider/model/names.ts";
import { kubectl, providerKubeconfig } from "../support/cluster.ts";
import { setStage } from "../support/stage.ts";

interface Kubeconfig {
  readonly users: { readonly user: Record<string, string> }[];
}

describe("the credentials of a Vnic's cluster, under the real engine", () => {
  const stage = setStage("secrets", { db: "node1" });

  /** All credentials in a kubeconfig, also decoded from base64, by line. */
  function secretsOf(kubeconfig: string): string[] {
    const { user } = (JSON.parse(kubeconfig) as Kubeconfig).users[0] ?? { user: {} };
    return Object.values(user).flatMap((value) => {
      const plain = Buffer.from(value, "base64").toString("utf8").split("\n");
      return [value, ...plain.filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line))];
    });
  }

  /** All output of the engine, the cluster and the node while a Vnic is created, changed, refused and deleted. */
  async function allOutput(kubeconfig: string): Promise<string> {
    const { stack, bench } = stage;
    const said: string[] = [];
    const run = async (...words: string[]) => {
      const { stdout, stderr } = await stack.pulumi(...words);
      said.push(stdout, stderr);
    };
    const log = join(stack.folder, "events.json");
    const env = { PULUMI_DEBUG_COMMANDS: "true" };
    Object.assign(stack.spawnOptions.env, env);
    await stack.must("config", "set", "--secret", "vnic:kubeconfig", kubeconfig);
    await stack.declare([stage.declared("wire", "db", ["192.168.50.59/24"])]);
    await run("preview", "--json");
    await run("up", "--yes", "--skip-preview", "--event-log", log);
    said.push(await readFile(log, "utf8"));
    for (const words of [
      ["get", "jobs,pods,events", "-n", systemNamespace, "-o", "json"],
      ["get", "vnics,events", "-n", "secrets", "-o", "json", "--show-managed-fields"],
      // A pod that hasn't started yet has no logs, which isn't a failure.
      ["logs", "-n", systemNamespace, "-l", "app.kubernetes.io/name=pulumi-vnic", "--ignore-errors"],
    ])
      said.push(await kubectl(bench.lab.kubectl, words));
    said.push(await stack.must("stack", "export"), await stack.must("stack", "output", "--json"));
    await stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"], { mtu: 9000 })]);
    await run("preview", "--json");
    await run("up", "--yes", "--skip-preview", "--diff");
    await run("refresh", "--yes", "--skip-preview", "--json");
    said.push(await stack.must("stack", "export"));
    await run("destroy", "--yes", "--skip-preview");
    expect(await stack.vnics()).to.deep.equal([]);
    return said.join("\n");
  }

  for (const [what, find] of [
    ["token", () => providerKubeconfig(stage.bench.lab.kubectl)],
    ["key and certificate", async () => stage.bench.lab.kubeconfig],
  ] as const)
    it(`18: don't appear in state, events, logs, Job, --json output or errors when given as ${what} in the configuration`, async () => {
      const kubeconfig = await readFile(await find(), "utf8");
      const said = await allOutput(kubeconfig);
      expect(said).to.include("is above 1500").and.include("vnic-session-").and.include("attached");
      const secrets = secretsOf(kubeconfig);
      expect(secrets).not.to.be.empty;
      expect(secrets.filter((secret) => said.includes(secret))).to.deep.equal([]);
    });
});
