import { type ChildProcess, spawn } from "node:child_process";
import { expect } from "chai";
import { until } from "../lab/run.ts";
import { addressesOf } from "../support/lifecycle.ts";
import { askRedis } from "../support/outside.ts";
import { assertNoStackTrace } from "../support/stack-traces.ts";
import { killNodeSide, killProvider } from "../support/kill.ts";
import type { StoredResource } from "../support/stack.ts";
import { setStage } from "../support/stage.ts";

describe("a Vnic whose creation or change fails, under the real engine", () => {
  const stage = setStage("failure", { db: "node1" });

  interface Run {
    readonly engine: ChildProcess;
    /** Resolves with the exit code. */
    readonly ended: Promise<number | null>;
  }

  /** Starts `up`; resolves at the first request that matches `moment`, while `up` continues. */
  async function startUp(moment: RegExp): Promise<Run> {
    const [program = "", ...argv] = stage.stack.argv("up", "--yes", "--skip-preview");
    const engine = spawn(program, argv, { ...stage.stack.spawnOptions, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => engine.once("close", resolve));
    await stage.proxy.request(moment);
    return { engine, ended };
  }

  const nicsInPod = async () => (await stage.bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined);

  /** The addresses of our only NIC in the pod, as its kernel shows them. */
  async function held(): Promise<string[]> {
    const ours = await nicsInPod();
    expect(ours, "our NICs").to.have.length(1);
    return ours.flatMap(addressesOf).sort();
  }

  async function recordedUid(): Promise<string | undefined> {
    const uid = ["--ignore-not-found", "-o", "jsonpath={.metadata.uid}"];
    return (await stage.bench.kubectl("get", "vnic", "wire", ...uid)) || undefined;
  }

  /** Moments, each with how to start `up` and get there. */
  const moments: [when: string, start: () => Promise<Run>][] = [
    ["after it wrote its record", () => startUp(/^PATCH .*\/vnics\/wire$/)],
    ["during the node's work", () => startUp(/^GET .*\/attach$/)],
    [
      "after it made its NIC",
      async () => {
        // Otherwise the engine could have the end of the creation in its state before it is killed.
        stage.proxy.fault(/^PATCH .*\/vnics\/wire\/status$/, "silence", Infinity);
        const run = await startUp(/^GET .*\/attach$/);
        await until("its NIC", 60, async () => (await nicsInPod()).flatMap(addressesOf).length > 0 || undefined);
        return run;
      },
    ],
  ];
  const victims: [what: string, kill: (run: Run) => Promise<unknown>][] = [
    [
      "engine",
      async ({ engine, ended }) => {
        engine.kill("SIGKILL");
        await ended;
        await stage.stack.must("cancel", "--yes");
      },
    ],
    [
      "provider",
      async ({ ended }) => {
        await killProvider(stage.stack);
        await ended;
      },
    ],
  ];
  for (const [what, kill] of victims)
    for (const [when, start] of moments)
      it(`5: is one NIC with the same id after the next up, and is destroyed without a trace, when the ${what} was killed ${when}`, async () => {
        await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"])]);
        await kill(await start());
        stage.proxy.heal();
        const uid = await until("the record", 60, recordedUid);
        expect(await stage.stack.vnics(), "in state").to.deep.equal([]);
        await stage.stack.up();
        expect((await stage.stored()).outputs?.["uid"]).to.equal(uid);
        expect(await held()).to.deep.equal(["192.168.50.60/24"]);
        expect((await askRedis(stage.bench.lab, "lan1", "192.168.50.60"))[0]).to.equal("+PONG");
        await stage.stack.destroy();
      });

  it("needs no second up when the node's process was killed", async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"])]);
    const { ended } = await startUp(/^GET .*\/attach$/);
    await killNodeSide(stage.bench.lab);
    expect(await ended).to.equal(0);
    expect(await held()).to.deep.equal(["192.168.50.60/24"]);
    await stage.stack.destroy();
  });

  it("is completed in the current step after a first Ctrl-C", async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"])]);
    const { engine, ended } = await startUp(/^GET .*\/attach$/);
    engine.kill("SIGINT");
    await ended;
    expect((await stage.stored()).outputs)
      .to.have.nested.property("interface.addresses")
      .that.deep.equals(["192.168.50.60/24"]);
    expect(await held()).to.deep.equal(["192.168.50.60/24"]);
    await stage.stack.up("--expect-no-changes");
    await stage.stack.destroy();
  });

  it("4: is the same NIC with the same id when it is created again after its state was lost", async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"])]);
    await stage.stack.up();
    const before = await stage.stored();
    await stage.stack.must("state", "delete", before.urn, "--yes");
    await stage.stack.up();
    const after = await stage.stored();
    expect([after.id, after.outputs?.["uid"]]).to.deep.equal([before.id, before.outputs?.["uid"]]);
    expect(await held()).to.deep.equal(["192.168.50.60/24"]);
    await stage.stack.destroy();
  });

  it("8: keeps its old inputs when an update fails half-way, and the next plan is an update", async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"])]);
    await stage.stack.up();
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.61/24"])]);
    stage.proxy.fault(/^PATCH .*\/status$/, { answer: 403 }, 100);
    const { code } = await stage.stack.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.to.equal(0);
    const failed = await stage.stored();
    expect(failed.inputs?.["addresses"]).to.deep.equal(["192.168.50.60/24"]);
    expect(failed.outputs?.["addresses"], "what was really applied").to.deep.equal(["192.168.50.61/24"]);
    expect(failed.initErrors?.join()).to.match(/^applying the status of Vnic failure\/wire: a fault of the proxy/);
    stage.proxy.heal();
    expect(await stage.stack.must("preview")).to.match(/1 to update/);
    await stage.stack.up();
    expect((await stage.stored()).initErrors ?? []).to.deep.equal([]);
    await stage.stack.up("--expect-no-changes");
    await stage.stack.destroy();
  });

  it("15: stays unchanged in state when the API server can't be reached, and the error says so", async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.60/24"])]);
    await stage.stack.up();
    const kept = ({ id, inputs, outputs, initErrors }: StoredResource) => ({ id, inputs, outputs, initErrors });
    const before = kept(await stage.stored());
    stage.proxy.fault(/./, "cut", Infinity);
    const { code, stdout, stderr } = await stage.stack.pulumi("refresh", "--yes", "--skip-preview");
    expect(code).not.to.equal(0);
    assertNoStackTrace(stdout + stderr);
    expect(stdout + stderr).to.match(/(reading|looking).*: no answer from the API server at https:/);
    stage.proxy.heal();
    expect(kept(await stage.stored())).to.deep.equal(before);
    expect((await askRedis(stage.bench.lab, "lan1", "192.168.50.60"))[0]).to.equal("+PONG");
    await stage.stack.destroy();
  });

  it("26: fails at its own deadline, with what it waited for and what it last saw", async () => {
    await stage.bench.kubectl("run", "waiting", "--image=none", "--overrides", JSON.stringify(unschedulable));
    await stage.stack.declare([
      stage.declared("wire", "waiting", ["192.168.50.60/24"], { deadlines: { createSeconds: 2 } }),
    ]);
    const { code, stdout } = await stage.stack.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.to.equal(0);
    assertNoStackTrace(stdout);
    expect(stdout).to.match(
      /injecting Vnic failure\/wire into pod failure\/waiting: not done within 2 s; still waiting for pod failure\/waiting to run; last seen: /,
    );
    expect(await stage.stack.vnics()).to.deep.equal([]);
    await stage.bench.kubectl("delete", "pod", "waiting", "--wait=true");
  });
});

/** A pod that can't be scheduled, and that Pod Security admits. */
const unschedulable = {
  spec: {
    nodeSelector: { no: "such-node" },
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "waiting",
        image: "none",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  },
};
