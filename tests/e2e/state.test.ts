import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";
import type { StoredResource } from "../support/stack.ts";

/** A Vnic as the first version stored it, with that version's stub. */
interface FirstStored {
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

describe("state of a Vnic from another version, under the real engine", () => {
  const stage = setStage("state", { db: "node1" });
  let first: FirstStored;
  before(async () => {
    const path = join(import.meta.dirname, "..", "fixtures", "state", "first.json");
    first = JSON.parse(await readFile(path, "utf8")) as FirstStored;
  });
  beforeEach(async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.70/24"])]);
    await stage.stack.up();
  });

  /** Changes the stored Vnic, as if another version had written it. */
  async function rewrite(change: (stored: StoredResource) => object): Promise<void> {
    const path = join(stage.stack.folder, "state.json");
    await stage.stack.must("stack", "export", "--file", path);
    const state = JSON.parse(await readFile(path, "utf8")) as { deployment: { resources: StoredResource[] } };
    const resources = state.deployment.resources.map((one) =>
      one.type.endsWith("vnic:Vnic") ? { ...one, ...change(one) } : one,
    );
    await writeFile(path, JSON.stringify({ ...state, deployment: { ...state.deployment, resources } }));
    await stage.stack.must("stack", "import", "--file", path);
  }

  const onlyKeysOf = (there: object, given: Record<string, unknown> = {}) =>
    Object.fromEntries(Object.entries(given).filter(([key]) => key in there));
  const asFirst = ({ inputs, outputs }: StoredResource) => ({
    inputs: { ...onlyKeysOf(first.inputs, inputs), __provider: first.inputs["__provider"] },
    outputs: {
      ...onlyKeysOf(first.outputs, outputs),
      __provider: first.outputs["__provider"],
      providerVersion: "0.0.9",
    },
  });

  it("19, 20: plans no change, refreshes without a change, updates and is destroyed when the first version wrote it", async () => {
    await rewrite(asFirst);
    await stage.stack.must("preview", "--expect-no-changes");
    await stage.stack.must("refresh", "--preview-only", "--expect-no-changes");
    await stage.stack.must("refresh", "--yes", "--skip-preview");
    await stage.stack.up("--expect-no-changes");
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.71/24"])]);
    await stage.stack.up();
    expect(await answersPing(stage.bench.lab, "lan1", "192.168.50.71")).to.equal(true);
    await rewrite(asFirst);
    await stage.stack.destroy();
  });

  it("19: plans an update that renews an older stub, and refresh and destroy work before that, too", async () => {
    const older = (values: Record<string, unknown> = {}) => ({
      ...values,
      __provider: String(values["__provider"]).replaceAll(/protocol: \d+/g, "protocol: 0"),
    });
    const withOlderStub = ({ inputs, outputs }: StoredResource) => ({ inputs: older(inputs), outputs: older(outputs) });
    await rewrite(withOlderStub);
    await stage.stack.must("refresh", "--yes", "--skip-preview");
    expect(await stage.stack.must("preview")).to.match(/1 to update/);
    await stage.stack.up();
    expect(String((await stage.stored()).outputs?.["__provider"])).to.not.include("protocol: 0");
    await stage.stack.up("--expect-no-changes");
    await rewrite(withOlderStub);
    await stage.stack.destroy();
  });

  it("is refused with the version to install, and not touched, when its shape is newer", async () => {
    await rewrite(({ outputs }) => ({ outputs: { ...outputs, schemaVersion: 99, providerVersion: "9.9.9" } }));
    for (const words of [["preview"], ["refresh", "--yes", "--skip-preview"], ["destroy", "--yes", "--skip-preview"]]) {
      const { code, stdout, stderr } = await stage.stack.pulumi(...words);
      expect(code, words[0]).not.to.equal(0);
      expect(stdout + stderr).to.include(
        "the state of Vnic state/wire was written by pulumi-vnic 9.9.9; install that version or a newer one",
      );
    }
    expect(await answersPing(stage.bench.lab, "lan1", "192.168.50.70")).to.equal(true);
    await rewrite(({ outputs }) => ({ outputs: { ...outputs, schemaVersion: 1 } }));
    await stage.stack.destroy();
  });
});
