import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";

describe("the engine's options on a Vnic", () => {
  const stage = setStage("options", { db: "node1" });
  const answers = (address: string) => answersPing(stage.bench.lab, "lan1", address);
  const wire = (address: string, options: object, more = {}) => stage.declared("wire", "db", [address], more, options);

  it("23: ignoreChanges ignores a change, and replaceOnChanges replaces the Vnic", async () => {
    await stage.stack.declare([wire("192.168.50.72/24", {})]);
    await stage.stack.up();
    await stage.stack.declare([wire("192.168.50.73/24", { ignoreChanges: ["addresses"] })]);
    await stage.stack.up("--expect-no-changes");
    await stage.stack.declare([wire("192.168.50.73/24", { replaceOnChanges: ["addresses"] })]);
    expect(await stage.stack.must("preview")).to.match(/1 to replace/);
    await stage.stack.up();
    expect(await answers("192.168.50.73")).to.equal(true);
    await stage.stack.destroy();
  });

  it("23: protect refuses the deletion, and retainOnDelete keeps the Vnic, which can be adopted and deleted", async () => {
    await stage.stack.declare([wire("192.168.50.72/24", { protect: true })]);
    await stage.stack.up();
    await stage.stack.declare([]);
    const { code, stdout, stderr } = await stage.stack.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.to.equal(0);
    expect(stdout + stderr).to.match(/protect/);
    await stage.stack.declare([wire("192.168.50.72/24", { retainOnDelete: true })]);
    await stage.stack.up();
    await stage.stack.declare([]);
    await stage.stack.up();
    expect(await stage.stack.vnics()).to.deep.equal([]);
    expect(await answers("192.168.50.72")).to.equal(true);
    await stage.stack.declare([wire("192.168.50.72/24", {}, { adopt: true })]);
    await stage.stack.up();
    await stage.stack.destroy();
  });

  it("23: deletedWith leaves the Vnic in the pod at destroy, and its record can be adopted and deleted", async () => {
    const stack = await stage.anotherStack({
      name: "with",
      program: `
        const pulumi = require("@pulumi/pulumi");
        const { Vnic } = require("pulumi-vnic");
        class Pod extends pulumi.dynamic.Resource {}
        const pod = new Pod({ create: async () => ({ id: "options/db" }) }, "pod", {});
        const { args } = JSON.parse(require("fs").readFileSync("wire.json", "utf8"));
        new Vnic("wire", args, { deletedWith: pod });`,
    });
    try {
      await writeFile(join(stack.folder, "project", "wire.json"), JSON.stringify(wire("192.168.50.72/24", {})));
      await stack.up();
      await stack.destroy();
      expect(await answers("192.168.50.72"), "in the pod, which is still there").to.equal(true);
    } finally {
      await stack.remove();
    }
    await stage.stack.declare([wire("192.168.50.72/24", {}, { adopt: true })]);
    await stage.stack.up();
    await stage.stack.destroy();
  });
});
