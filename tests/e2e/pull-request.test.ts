import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Output, run } from "../lab/run.ts";
import { providerKubeconfig } from "../support/cluster.ts";
import { type CommentServer, serveComments } from "../support/comment-server.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { Stack } from "../support/stack.ts";

const golden = join(import.meta.dirname, "..", "fixtures", "pull-request");

describe("a pull request, by the steps of examples/pull-request", () => {
  const namespace = "pull-request";
  const bench = useBench({ namespace });
  let stack: Stack;
  let server: CommentServer;
  /** The directory in which a runner keeps the files of a job. */
  let runner: string;

  before(async () => {
    await bench.runPod("db-0", "node1");
    const kubeconfig = await providerKubeconfig(bench.lab.kubectl);
    stack = await Stack.create({ kubeconfig, example: "pull-request", name: "dev", config: { namespace } });
    bench.beforeClose(() => stack.remove());
    bench.beforeClose(() => stack.pulumi("destroy", "--yes", "--skip-preview"));
    server = await serveComments("shop/net", 7);
    bench.afterClose(() => server.close());
    runner = await mkdtemp(join(tmpdir(), "vnic-runner-"));
    bench.afterClose(() => rm(runner, { recursive: true, force: true }));
  });

  /** Runs a step as the workflow does, with the environment that earlier steps of its job have set. */
  async function step(argv: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Output> {
    const { cwd, env } = stack.spawnOptions;
    const files = { RUNNER_TEMP: runner, GITHUB_ENV: join(runner, "env"), GITHUB_OUTPUT: join(runner, "output") };
    // `KUBECONFIG` names no cluster, so that each step has to use the one that it is given.
    return run(argv, { cwd, env: { ...env, KUBECONFIG: "/nowhere", ...files, ...more }, timeoutSeconds: 600 });
  }

  async function withCluster(script: string): Promise<Output> {
    await rm(join(runner, "env"), { force: true });
    const text = await readFile(await providerKubeconfig(bench.lab.kubectl), "utf8");
    const { code, stderr } = await step(["scripts/kubeconfig.sh"], { KUBECONFIG_TEXT: text });
    if (code !== 0) throw new Error(stderr);
    const [name = "", value = ""] = (await readFile(join(runner, "env"), "utf8")).trim().split("=");
    return step([script], { [name]: value });
  }

  async function preview(): Promise<Output & { comment: string; output: string }> {
    await rm(join(runner, "output"), { force: true });
    const said = await step(["scripts/preview.sh", join(runner, "comment.md")]);
    const comment = await readFile(join(runner, "comment.md"), "utf8");
    const lines = (await readFile(join(runner, "output"), "utf8")).split("\n");
    // Parses the file as GitHub does: from the line with the delimiter to the line that consists of the delimiter.
    const end = lines[0]?.split("<<")[1] ?? "";
    return { ...said, comment, output: `${lines.slice(1, lines.indexOf(end, 1)).join("\n")}\n` };
  }

  function comment(text: string): Promise<Output> {
    return step([process.execPath, "scripts/comment.mjs"], {
      COMMENT: text,
      PULL_REQUEST: "7",
      GITHUB_REPOSITORY: "shop/net",
      GITHUB_API_URL: server.url,
      GITHUB_TOKEN: "t0ken",
    });
  }

  async function edit(from: string, to: string): Promise<void> {
    const path = join(stack.spawnOptions.cwd, "index.ts");
    const text = await readFile(path, "utf8");
    expect(text).to.include(from);
    await writeFile(path, text.replace(from, to));
  }

  const expected = (name: string): Promise<string> => readFile(join(golden, `${name}.md`), "utf8");

  it("is previewed without a cluster at first, with a comment", async () => {
    const { code, stderr, comment: text, output } = await preview();
    expect(code, stderr).to.equal(0);
    expect(text).to.equal(await expected("first"));
    expect(output).to.equal(text);
    expect((await comment(output)).stdout).to.match(/^created /);
  });

  it("is deployed on merge", async () => {
    const { code, stdout, stderr } = await withCluster("scripts/up.sh");
    expect(code, stdout + stderr).to.equal(0);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.94")).to.equal(true);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.95")).to.equal(true);
  });

  it("has its comment replaced for an edited address", async () => {
    await edit("192.168.50.94/24", "192.168.50.96/24");
    const { code, stderr, comment: text, output } = await preview();
    expect(code, stderr).to.equal(0);
    expect(text).to.equal(await expected("edited"));
    expect((await comment(output)).stdout).to.match(/^updated /);
    expect(server.comments.map(({ body }) => body)).to.deep.equal([text]);
  });

  it("gets a comment for an error in the program, and fails", async () => {
    await edit("192.168.50.96/24", "192.168.500.96/24");
    const { code, comment: text } = await preview();
    expect(code).not.to.equal(0);
    expect(text).to.equal(await expected("mistaken"));
    await edit("192.168.500.96/24", "192.168.50.96/24");
  });

  it("gets a comment when the engine can't even start, and fails", async () => {
    await stack.must("config", "set", "--plaintext", "--path", "pod[0]", "db-0");
    const { code, comment: text } = await preview();
    expect(code).not.to.equal(0);
    expect(text).to.equal(await expected("not-begun"));
    await stack.must("config", "rm", "pod");
  });

  it("is deployed on merge as the comment says, without drift afterwards", async () => {
    const before = await stack.vnics();
    const merged = await withCluster("scripts/up.sh");
    expect(merged.code, merged.stdout + merged.stderr).to.equal(0);
    expect(merged.stdout).to.match(/~ 1 updated/);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.96")).to.equal(true);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.94")).to.equal(false);
    expect((await stack.vnics()).map(({ outputs }) => outputs?.uid)).to.deep.equal(
      before.map(({ outputs }) => outputs?.uid),
    );
    const drift = await withCluster("scripts/drift.sh");
    expect(drift.code, drift.stdout + drift.stderr).to.equal(0);
  });

  it("fails its drift job when an address was changed by hand, and the job changes nothing", async () => {
    const [, wire] = await stack.vnics();
    const nic = String(wire?.outputs?.interfaceName);
    const { stdout: netns } = await bench.lab.exec("node1", [
      "sh",
      "-c",
      `for n in /run/netns/*; do nsenter --net=$n ip link show ${nic} >/dev/null 2>&1 && echo $n; done`,
    ]);
    const address = ["address", "add", "192.168.50.97/24", "dev", nic];
    await bench.lab.exec("node1", ["nsenter", `--net=${netns.trim()}`, "ip", ...address]);
    const drift = await withCluster("scripts/drift.sh");
    expect(drift.code, drift.stdout).not.to.equal(0);
    expect(drift.stdout).to.include("192.168.50.97/24");
    expect(drift.stderr).to.include(`"pulumi up --refresh" mends`);
    // The address isn't announced, so hosts with an old MAC for it need some time.
    expect(await answersPing(bench.lab, "lan1", "192.168.50.97", 20)).to.equal(true);
  });
});
