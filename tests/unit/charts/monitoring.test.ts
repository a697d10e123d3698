import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { storedVnic } from "../../fakes/objects.ts";
import { FakeVnicRecords } from "../../fakes/vnic-records.ts";
import { root } from "../../support/documents.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const files = join(root, "charts/pulumi-vnic/files");
const { groups } = parse(readFileSync(join(files, "rules.yaml"), "utf8")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(files, "dashboard.json"), "utf8")) as {
  panels: { title: string; targets: { expr: string }[] }[];
};
const expressions = [
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`panel ${title}`, expr] as const)),
];

/** All series that a reconciler exports, by name, each with its labels. Every series has at least one value. */
async function exported(): Promise<Map<string, readonly string[]>> {
  const metrics = makeMetrics();
  const conditions = [{ type: "Ready", status: "False", reason: "LeaseLost", message: "", lastTransitionTime: "" }];
  const status = { node: "worker-1", lease: {}, conditions } as unknown as NonNullable<StoredVnic["status"]>;
  metrics.showVnics(new FakeVnicRecords({ ...storedVnic(), status }), { list: () => [] });
  metrics.showQueue("Vnic", { depth: 1 });
  metrics.sessionOpened(1);
  await metrics.time("Vnic", async () => undefined);
  const lines = (await metrics.render()).matchAll(/^(\w+)(?:\{(.*)\})? /gm);
  return new Map(
    [...lines].map(([, name = "", labels = ""]) => [
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label),
    ]),
  );
}

/** The metrics that an expression reads. */
const metricsIn = (expr: string): string[] => [...expr.matchAll(/\bvnic_\w+/g)].map(([name]) => name);

describe("the chart's alerts and dashboard", () => {
  let series: Awaited<ReturnType<typeof exported>>;
  before(async () => {
    series = await exported();
  });

  for (const [where, expr] of expressions)
    it(`use metrics and labels that the reconciler exports: ${where}`, () => {
      const used = metricsIn(expr);
      expect(used).not.to.be.empty;
      expect([...series.keys()]).to.include.members(used);
      const known = used.flatMap((name) => series.get(name) ?? []);
      const selected = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/));
      expect(known).to.include.members([...selected, ...grouped]);
    });

  it("use only labels in annotations that the alert's expression keeps", () => {
    for (const { alert, expr, annotations } of rules) {
      const grouped = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/);
      const left = grouped ?? metricsIn(expr).flatMap((name) => series.get(name) ?? []);
      const said = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      expect(left, alert).to.include.members(said);
    }
  });

  it("have an alert for each problem that an operator must know about", () => {
    expect(rules.map(({ alert }) => alert)).to.deep.equal([
      "VnicNotReady",
      "VnicLeaseLost",
      "VnicAddressConflict",
      "VnicNoLeader",
      "VnicQueueGrowing",
      "VnicAgentMissing",
    ]);
  });
});
