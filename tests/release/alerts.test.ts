import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePromtool } from "../lab/index.ts";
import { run } from "../lab/run.ts";
import { root } from "../support/documents.ts";

describe("the chart's alerts and dashboard, by promtool", () => {
  let promtool: string;
  before(async () => {
    promtool = await ensurePromtool();
  });

  it("are alerts that Prometheus accepts without a remark", async () => {
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

  it("ask for series by expressions that Prometheus understands, in each panel", async () => {
    const text = await readFile(join(root, "charts/pulumi-vnic/files/dashboard.json"), "utf8");
    const { panels } = JSON.parse(text) as { panels: { targets?: { expr: string }[] }[] };
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(expressions.length).to.be.at.least(panels.length);
    // promtool reads rules, so each expression is put into one.
    const rules = expressions.map((expr, index) => ({ record: `panel:number${index}`, expr }));
    const folder = await mkdtemp(join(tmpdir(), "vnic-dashboard-"));
    try {
      await writeFile(join(folder, "rules.json"), JSON.stringify({ groups: [{ name: "panels", rules }] }));
      const { code, stdout, stderr } = await run([promtool, "check", "rules", join(folder, "rules.json")]);
      expect(code, stdout + stderr).to.equal(0);
      expect(stdout).to.include(`SUCCESS: ${rules.length} rules found`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("fire and end when they should (tests/fixtures/alerts.yaml)", async () => {
    const { code, stdout, stderr } = await run([promtool, "test", "rules", join(root, "tests/fixtures/alerts.yaml")]);
    expect(code, stdout + stderr).to.equal(0);
  });
});
