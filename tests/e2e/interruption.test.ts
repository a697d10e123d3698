import { spawn } from "node:child_process";
import { expect } from "chai";
import type { StoredAddress } from "../../provider/model/address/address.ts";
import { isRealised } from "../../provider/model/vnic/pending.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { killProvider } from "../support/kill.ts";
import { addressesOf } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";

describe("a change that is interrupted between the node's work and the record's status, under the real engine", () => {
  const stage = setStage("interruption", { db: "node2" }, { keepsStack: true });
  /** The address that the complete NIC has, and the one that each test wants in its place. */
  let [former, wanted] = ["192.168.50.60/24", "192.168.50.61/24"];
  const declare = (address: string) => stage.stack.declare([stage.declared("wire", "db", [address])]);

  /** The addresses of our NICs in the pod, as its kernel shows them. */
  async function inPod(): Promise<string[]> {
    const ours = (await stage.bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined);
    return ours.flatMap(addressesOf);
  }

  async function read<T>(...words: string[]): Promise<T> {
    return JSON.parse(await stage.bench.kubectl("get", ...words, "-o", "json")) as T;
  }

  /** What the record says of itself. */
  async function said() {
    const record = await read<StoredVnic>("vnic", "wire");
    const ready = record.status?.conditions.find(({ type }) => type === "Ready");
    return { ready: ready?.status, isRealised: isRealised(record), shown: record.status?.interface?.addresses };
  }

  /** The addresses that are held for the Vnic. */
  async function held(): Promise<string[]> {
    const { items } = await read<{ items: StoredAddress[] }>("vnicaddresses");
    const values = items.filter(({ spec }) => spec.holder.namespace === "interruption").map(({ spec }) => spec.value);
    return values.filter((value) => !value.includes(":")).sort();
  }

  /** Starts `up` with the changed program, and kills a process once the node is done and while no status can be written. */
  async function interrupt(victim: "engine" | "provider"): Promise<void> {
    await declare(wanted);
    const [program = "", ...argv] = stage.stack.argv("up", "--yes", "--skip-preview");
    const engine = spawn(program, argv, { ...stage.stack.spawnOptions, stdio: "ignore" });
    const ended = new Promise((resolve) => engine.once("close", resolve));
    await stage.proxy.request(/^PATCH .*\/vnics\/wire\/status$/);
    stage.proxy.fault(/^PATCH .*\/vnics\/wire\/status$/, "silence", Infinity);
    await until("the node to be done", 60, async () => (await inPod()).join() === wanted || undefined);
    if (victim === "engine") engine.kill("SIGKILL");
    else await killProvider(stage.stack);
    await ended;
    stage.proxy.heal();
    if (victim === "engine") await stage.stack.must("cancel", "--yes");
    expect(await inPod()).to.deep.equal([wanted]);
    expect(await said()).to.deep.include({ ready: "False", isRealised: false });
  }

  before(async () => {
    await declare(former);
    await stage.stack.up();
    stage.bench.beforeClose(() => stage.stack.destroy());
  });

  async function assertComplete(address: string): Promise<void> {
    const host = address.replace(/\/.*/, "");
    expect(await said()).to.deep.equal({ ready: "True", isRealised: true, shown: [address] });
    expect(await inPod()).to.deep.equal([address]);
    expect(await held()).to.deep.equal([host]);
    expect(await answersPing(stage.bench.lab, "lan1", host)).to.equal(true);
    await stage.stack.up("--expect-no-changes", "--refresh");
    if (address === wanted) [former, wanted] = [wanted, former];
  }

  for (const victim of ["engine", "provider"] as const)
    it(`is completed by the next up --refresh, as its preview says, when the ${victim} was killed`, async () => {
      await interrupt(victim);
      expect(await stage.stack.must("preview", "--refresh")).to.match(/1 to update/);
      expect(await said(), "after a preview").to.deep.include({ ready: "False" });
      await stage.stack.up("--refresh");
      await assertComplete(wanted);
    });

  it("is completed by the next up without a refresh", async () => {
    await interrupt("engine");
    await stage.stack.up();
    await assertComplete(wanted);
  });

  it("is completed by an up after a refresh", async () => {
    await interrupt("provider");
    await stage.stack.must("refresh", "--yes", "--skip-preview");
    expect((await stage.stored()).outputs?.["drift"]).to.deep.equal(["the last attempt to attach it was interrupted"]);
    expect(await said(), "after a refresh").to.deep.include({ ready: "False" });
    expect(await stage.stack.must("preview")).to.match(/1 to update/);
    await stage.stack.up();
    await assertComplete(wanted);
  });

  it("is undone by the next up --refresh if the program was changed back", async () => {
    await interrupt("provider");
    await declare(former);
    await stage.stack.up("--refresh");
    await assertComplete(former);
  });

  it("is completed after a refresh has forgotten that the status couldn't be written", async () => {
    await declare(wanted);
    stage.proxy.fault(/^PATCH .*\/vnics\/wire\/status$/, { answer: 403 }, Infinity);
    expect((await stage.stack.pulumi("up", "--yes", "--skip-preview")).code).not.to.equal(0);
    stage.proxy.heal();
    await stage.stack.must("refresh", "--yes", "--skip-preview");
    expect((await stage.stored()).initErrors ?? []).to.deep.equal([]);
    expect(await stage.stack.must("preview")).to.match(/1 to update/);
    await stage.stack.up();
    await assertComplete(wanted);
  });
});
