import { expect } from "chai";
import { join } from "node:path";
import { ensurePromtool } from "../lab/index.ts";
import { run } from "../lab/run.ts";
import { root } from "../support/documents.ts";

describe("the chart's alerts, by promtool", () => {
  let promtool: string;
  before(async () => {
    promtool = await ensurePromtool();
  });

  it("are rules that Prometheus accepts without a remark", async () => {
    const { code, stdout, stderr } = await run([
      promtool,
      "check",
      "rules",
      "--lint=all",
      "--lint-fatal",
      join(root, "charts/pulumi-vnic/files/rules.yaml"),
    ]);
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.match(/SUCCESS: 6 rules found/);
  });

  it("fire and end when they should (tests/fixtures/alerts.yaml)", async () => {
    const { code, stdout, stderr } = await run([promtool, "test", "rules", join(root, "tests/fixtures/alerts.yaml")]);
    expect(code, stdout + stderr).to.equal(0);
  });
});
