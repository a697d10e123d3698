import { expect } from "chai";
import { defaultImage } from "../../provider/base/package.ts";
import { assertNoStackTrace } from "../support/stack-traces.ts";
import { setStage } from "../support/stage.ts";

describe("current settings of a Vnic under the real engine", () => {
  const stage = setStage("settings", { db: "node1" });

  it("are used by refresh and destroy when the image changed after the last up, whose errors have no stack trace", async () => {
    const { stack } = stage;
    await stack.must("config", "set", "vnic:image", defaultImage);
    await stack.declare([stage.declared("wire", "db", ["192.168.50.61/24"])]);
    await stack.up();
    await stack.must("config", "set", "vnic:image", "localhost/another:1");
    for (const words of [
      ["refresh", "--yes", "--skip-preview"],
      ["destroy", "--yes", "--skip-preview"],
    ]) {
      const { code, stdout, stderr } = await stack.pulumi(...words);
      expect(code).to.not.equal(0);
      assertNoStackTrace(stdout + stderr);
      expect(stdout).to.include("localhost/another:1");
    }
    await stack.must("config", "rm", "vnic:image");
    await stack.must("refresh", "--yes", "--skip-preview");
    await stack.destroy();
    expect(await stack.vnics()).to.deep.equal([]);
  });
});
