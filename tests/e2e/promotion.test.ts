import { expect } from "chai";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { must, type Output, run } from "../lab/run.ts";
import { providerKubeconfig } from "../support/cluster.ts";
import { answersPing } from "../support/outside.ts";
import { Stack } from "../support/stack.ts";
import { useBench } from "../support/use-bench.ts";

/** The namespace, node and block of addresses of each stack. */
const places = [
  { name: "dev", node: "node1", block: 44 },
  { name: "staging", node: "node2", block: 60 },
  { name: "prod", node: "node3", block: 74 },
] as const;

type Name = (typeof places)[number]["name"];

describe("promotion from dev to prod, by the steps of examples/promotion", () => {
  const benches = {
    dev: useBench({ namespace: "promotion-dev" }),
    staging: useBench({ namespace: "promotion-staging" }),
    prod: useBench({ namespace: "promotion-prod" }),
  };
  const stacks = new Map<Name, Stack>();
  const stackOf = (name: Name): Stack => {
    const stack = stacks.get(name);
    if (!stack) throw new Error(`there is no stack ${name}`);
    return stack;
  };

  before(async () => {
    // This bench closes first, and then expects that the lab has no Vnic.
    benches.dev.beforeClose(async () => {
      for (const stack of [...stacks.values()].reverse()) await stack.pulumi("destroy", "--yes", "--skip-preview");
      await stacks.get("dev")?.remove();
    });
    for (const { name, node, block } of places) {
      const bench = benches[name];
      await bench.runPod("db-0", node);
      const kubeconfig = await providerKubeconfig(bench.lab.kubectl);
      const lowest = stacks.get("dev");
      const stack = await Stack.create({
        kubeconfig,
        name,
        example: "promotion",
        config: {
          namespace: bench.namespace,
          block: `192.168.50.${block}`,
          ...(lowest ? {} : { numbers: { "db-wire": 1, "backup-wire": 2 } }),
        },
        ...(lowest ? { beside: lowest } : {}),
      });
      stacks.set(name, stack);
    }
    await git("init", "--quiet");
    await appendFile(join(stackOf("dev").spawnOptions.cwd, ".git", "info", "exclude"), "node_modules\n");
    await commit();
  });

  function git(...argv: string[]): Promise<string> {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    return must(["git", ...who, ...argv], { cwd: stackOf("dev").spawnOptions.cwd });
  }

  async function commit(): Promise<void> {
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "Change");
  }

  function promote(lower: Name, upper: Name): Promise<Output> {
    const { cwd, env } = stackOf(upper).spawnOptions;
    return run([join(cwd, "promote.sh"), lower, upper], { cwd, env, timeoutSeconds: 600 });
  }

  async function mustPromote(lower: Name, upper: Name): Promise<void> {
    const { code, stdout, stderr } = await promote(lower, upper);
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.match(new RegExp(`^commit [0-9a-f]+ is in ${upper}, as it is in ${lower}$`, "m"));
  }

  /** The planned change of each NIC of a stack: operation, name and the properties that differ. */
  async function planOf(name: Name): Promise<string[]> {
    const { stdout } = await stackOf(name).pulumi("preview", "--json");
    const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string; diffReasons?: string[] }[] };
    return steps
      .filter(({ urn }) => urn.includes("vnic:Vnic"))
      .map(({ op, urn, diffReasons = [] }) => `${op} ${urn.split("::").at(-1)} ${diffReasons.join()}`.trim())
      .sort();
  }

  /** The numbers within a stack's block whose addresses answer to an outside host. */
  async function answering(name: Name): Promise<number[]> {
    const { block } = places.find((place) => place.name === name) ?? { block: 0 };
    const seen = await Promise.all(
      [1, 2, 3].map((number) => answersPing(benches.dev.lab, "lan1", `192.168.50.${block + number}`)),
    );
    return [1, 2, 3].filter((number) => seen[number - 1]);
  }

  it("refuses a change that hasn't passed in the previous stack", async () => {
    const { code, stderr } = await promote("dev", "staging");
    expect(code).not.to.equal(0);
    expect(stderr).to.match(/commit [0-9a-f]+ has not passed dev: bring it up there first/);
    expect(await stackOf("staging").vnics()).to.deep.equal([]);
  });

  it("creates in prod what passed in dev, at prod's own addresses", async () => {
    const plans = [await planOf("dev")];
    await stackOf("dev").up();
    plans.push(await planOf("staging"));
    await mustPromote("dev", "staging");
    plans.push(await planOf("prod"));
    await mustPromote("staging", "prod");
    for (const plan of plans) expect(plan).to.deep.equal(["create backup-wire", "create db-wire"]);
    for (const { name, node } of places) {
      expect(await answering(name), name).to.deep.equal([1, 2]);
      for (const { outputs } of await stackOf(name).vnics()) expect(outputs).to.include({ mtu: 1500, node });
    }
  });

  it("promotes a change stack by stack, and never past a stack in which it hasn't passed", async () => {
    await stackOf("dev").must("config", "set", "--path", "numbers.db-wire", "3");
    expect((await promote("dev", "staging")).stderr).to.include("there are uncommitted changes");
    await commit();
    expect((await promote("dev", "staging")).stderr).to.include("has not passed dev");

    const plans = [await planOf("dev")];
    await stackOf("dev").up();
    plans.push(await planOf("staging"));
    expect((await promote("staging", "prod")).stderr).to.include("has not passed staging");
    expect(await answering("prod")).to.deep.equal([1, 2]);
    await mustPromote("dev", "staging");
    plans.push(await planOf("prod"));
    await mustPromote("staging", "prod");
    for (const plan of plans) expect(plan).to.deep.equal(["update db-wire addresses"]);
    for (const { name } of places) expect(await answering(name), name).to.deep.equal([2, 3]);
  });

  for (const [what, key, value, complaint] of [
    ["of another type", "mtu", "large", /configuration key 'mtu' must be of type 'integer'/],
    [
      "that is no address",
      "block",
      "192.168.50.300",
      /vnic-promotion:block: "192\.168\.50\.300" is not an IPv4 address/,
    ],
    ["outside of the subnet", "block", "192.168.50.254", /property addresses\[0\] value .* is not a CIDR address/],
  ] as const)
    it(`fails at prod's preview for a value ${what}, with its name, and changes nothing`, async () => {
      const prod = stackOf("prod");
      await prod.must("config", "set", key, value);
      const { code, stdout, stderr } = await prod.pulumi("preview");
      await git("checkout", "--quiet", "--", ".");
      expect(code).not.to.equal(0);
      expect(stdout + stderr).to.match(complaint);
      expect(await answering("prod")).to.deep.equal([2, 3]);
    });

  it("fails at preview for a missing value, with its name", async () => {
    const prod = stackOf("prod");
    await prod.must("config", "rm", "namespace");
    const { code, stderr } = await prod.pulumi("preview");
    await git("checkout", "--quiet", "--", ".");
    expect(code).not.to.equal(0);
    expect(stderr).to.match(/Stack 'prod' is missing configuration value 'namespace'/);
  });
});
