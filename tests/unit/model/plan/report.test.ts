import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { renderPlan } from "../../../../provider/model/plan/markdown.ts";
import { type PlanReport, reportPlan } from "../../../../provider/model/plan/report.ts";
import { definition } from "../../../fakes/objects.ts";

const fixtures = join(import.meta.dirname, "..", "..", "..", "fixtures", "plan");
const fixture = (name: string): string => readFileSync(join(fixtures, name), "utf8");

interface Step {
  op?: string;
  name?: string;
  type?: string;
  old?: object;
  wanted?: object;
  more?: object;
}

const { deadlines: _, declaredBy: __, ...inputs } = definition({ name: "wire" });

/** A preview with these steps; missing fields are those of an update of a Vnic without changes. */
function report(...steps: Step[]): PlanReport {
  const planned = steps.map(
    ({
      op = "update",
      name = "wire",
      type = "pulumi-nodejs:dynamic/vnic:Vnic",
      old = {},
      wanted = {},
      more = {},
    }: Step) => ({
      op,
      urn: `urn:pulumi:dev::shop::${type}::${name}`,
      oldState: { outputs: { ...inputs, __provider: "stored code", ...old } },
      newState: { inputs: { ...inputs, __provider: "stored code", ...wanted } },
      ...more,
    }),
  );
  return reportPlan(JSON.stringify({ steps: planned }), "stdin");
}

/** The interruption that a change of each field of the only NIC causes. */
function interruptions(step: Step): Record<string, string> {
  const fields = report(step).vnics.flatMap((vnic) => vnic.fields);
  return Object.fromEntries(fields.map(({ field, interrupts }) => [field, interrupts]));
}

describe("the report on a plan", () => {
  for (const name of ["creates", "changes", "deletes", "long", "mistaken"])
    it(`is exactly the stored comment for the preview "${name}" of the engine`, () =>
      expect(renderPlan(reportPlan(fixture(`${name}.json`), "stdin"))).to.equal(fixture(`${name}.md`)));

  describe("says what is interrupted when", () => {
    const table: [what: string, step: Step, expected: Record<string, string>][] = [
      [
        "an address is exchanged",
        { wanted: { addresses: ["192.168.50.11/24"] } },
        { addresses: "connections over 192.168.50.10 end, others stay" },
      ],
      ["an address is added", { wanted: { addresses: ["192.168.50.10/24", "fd50::10/64"] } }, { addresses: "none" }],
      ["only a prefix length changes", { wanted: { addresses: ["192.168.50.10/16"] } }, { addresses: "none" }],
      [
        "addresses aren't known yet",
        { wanted: { addresses: [unknownValue] } },
        { addresses: "connections over removed addresses end, others stay; which ones is known after up" },
      ],
      ["the MTU changes", { wanted: { mtu: 1400 } }, { mtu: "none" }],
      [
        "the NIC is renamed",
        { wanted: { interfaceName: "lan0" } },
        { interfaceName: "all traffic of this NIC for a moment, if the node's kernel is older than 6.2" },
      ],
      ["a label changes", { wanted: { labels: { team: "net" } } }, { "labels.team": "none" }],
      [
        "the parent changes",
        { op: "replace", wanted: { network: { mode: "macvlan", parent: "eth2" } } },
        { "network.parent": "all traffic of this NIC until it is back" },
      ],
      [
        "an address changes in a NIC that is replaced",
        { op: "replace", wanted: { mac: "02:00:5e:10:00:02", addresses: ["10.0.0.1/8"] } },
        {
          addresses: "all traffic of this NIC until it is back",
          mac: "all traffic of this NIC until it is back",
        },
      ],
      ["what a refresh found is mended", { old: { drift: ["the NIC is down"] } }, { drift: "none" }],
      [
        "an address changes in a NIC that is down",
        { old: { drift: ["the NIC is down"] }, wanted: { addresses: ["192.168.50.11/24"] } },
        { addresses: "connections over 192.168.50.10 end, others stay", drift: "none" },
      ],
      [
        "an earlier run left it incomplete",
        { more: { oldState: { outputs: inputs, initErrors: ["…"] } } },
        { state: "none" },
      ],
      ["a NIC is replaced on demand", { op: "replace" }, { state: "all traffic of this NIC until it is back" }],
      ["only what is stored is renewed", { wanted: { __provider: "newer code" } }, { state: "none" }],
    ];
    for (const [what, step, expected] of table)
      it(`${what}`, () => expect(interruptions(step)).to.deep.equal(expected));
  });

  it("shows no secret in any form of the engine, and not the stored code", () => {
    const secret = (plaintext: string) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext,
    });
    const reported = report({
      old: { labels: { team: secret("hush-1"), tier: "[secret]" }, addresses: [secret("hush-2")] },
      wanted: { labels: { team: secret("hush-3"), tier: "[secret]" }, addresses: [secret("hush-4")] },
      more: { diffReasons: ["labels", "addresses"] },
    });
    expect(reported.vnics[0]?.fields.map(({ field }) => field)).to.deep.equal([
      "addresses",
      "labels.team",
      "labels.tier",
    ]);
    for (const text of [JSON.stringify(reported), renderPlan(reported)]) {
      expect(text).not.to.match(/hush|plaintext/);
      expect(text).not.to.include("stored code");
      expect(text).not.to.include("__provider");
    }
  });

  it("shows why the preview failed, without the values that made it fail", () => {
    const complaint = (property: string, reason: string) => ({
      severity: "error",
      message: `error: pulumi-nodejs:dynamic/vnic:Vnic resource 'wire': property ${property} value {hush} has a problem: ${reason}\n`,
    });
    const { errors } = reportPlan(
      JSON.stringify({
        diagnostics: [
          complaint("labels.team", `"hush \\" hush" is not a label value: use letters`),
          complaint("labels", `["hush"] is not an object`),
          complaint("mtu", "12 is below 68, the minimum of IPv4 (RFC 791)"),
          { severity: "warning", message: "old" },
          { severity: "error", message: "error: \u001b[90mboom\u001b[39m\n    at run (/home/me/index.ts:1:2)\n" },
        ],
      }),
      "stdin",
    );
    expect(errors).to.deep.equal([
      "wire, labels.team: is not a label value: use letters",
      "wire, labels: is not an object",
      "wire, mtu: 12 is below 68, the minimum of IPv4 (RFC 791)",
      "boom",
    ]);
  });

  it("has the same changes when the engine lists each replacement in its steps", () => {
    const { steps } = JSON.parse(fixture("changes.json")) as { steps: { op: string }[] };
    const listed = steps.flatMap((step) =>
      step.op === "replace"
        ? [{ ...step, op: "delete-replaced" }, step, { ...step, op: "create-replacement" }]
        : [step],
    );
    expect(reportPlan(JSON.stringify({ steps: listed }), "stdin").vnics).to.deep.equal(
      reportPlan(fixture("changes.json"), "stdin").vnics,
    );
  });

  it("counts resources of other types, but not the stack, providers and unchanged resources", () => {
    const { others, vnics } = report(
      { op: "create", type: "shop:index:Shelf" },
      { op: "same", type: "shop:index:Shelf", name: "other" },
      { op: "create", type: "shop:index:Shelf$kubernetes:core/v1:Pod" },
      { op: "create", type: "pulumi:providers:pulumi-nodejs" },
      { op: "create", type: "pulumi:pulumi:Stack" },
      { op: "read" },
      { op: "refresh", name: "refreshed" },
    );
    expect(others).to.deep.equal({ create: 2, update: 0, replace: 0, delete: 0 });
    expect(vnics).to.deep.equal([]);
  });

  it("recognises a Vnic within a component", () =>
    expect(report({ op: "create", type: "shop:index:Shelf$pulumi-nodejs:dynamic/vnic:Vnic" }).vnics).to.have.length(1));

  it("ignores unknown fields", () =>
    expect(reportPlan(`{"steps":[],"maybe":{"corrupt":1}}`, "stdin").vnics).to.deep.equal([]));

  for (const [what, text, complaint] of [
    ["nothing", " \n", /^reading plan.json: it is empty; give the output of "pulumi preview --json"$/],
    ["no JSON", "Previewing update (dev)", /^reading plan.json: it is not JSON; give/],
    [
      "JSON of another kind",
      `{"version":3,"deployment":{}}`,
      /^reading plan.json: it is not a preview \(it has neither/,
    ],
    ["a list", "[]", /^reading plan.json: it is not a preview \(.*expected object/],
    ["a step without a URN", `{"steps":[{"op":"same"}]}`, /it is not a preview \(steps\[0\]\.urn: /],
  ] as const)
    it(`refuses ${what}, and says what to give`, () => expect(() => reportPlan(text, "plan.json")).to.throw(complaint));
});

describe("the comment for a pull request", () => {
  it("stays within GitHub's limit, and says what it leaves out", () => {
    const pods = Array.from({ length: 400 }, (_, index) => ({
      op: "create",
      name: `wire-${index}`,
      wanted: { pod: { namespace: "shop", name: `db-${index}` } },
    }));
    const text = renderPlan(report(...pods));
    expect(text.length).to.be.below(65_536);
    expect(text).to.match(/\d+ more tables left out for length; `pulumi preview` shows all\.\n\n<!-- .* -->\n$/);
    expect(text).to.match(/^\*\*The plan of `shop\/dev` changes 400 NICs\*\*/);
  });

  it("stays within the limit with many long errors, too", () => {
    const message = "|".repeat(2000);
    const diagnostics = Array.from({ length: 50 }, () => ({ severity: "error", message }));
    const text = renderPlan(reportPlan(JSON.stringify({ diagnostics }), "stdin"));
    expect(text.length).to.be.below(65_536);
    expect(text).to.match(/^- and 40 more$/m);
  });

  it("ends with a marker of its own stack", () => {
    const marker = (text: string) => text.trimEnd().split("\n").at(-1);
    expect(marker(renderPlan(report({ op: "same" })))).to.equal("<!-- pulumi-vnic plan shop/dev -->");
    expect(
      marker(renderPlan(reportPlan(`{"steps":[{"op":"same","urn":"urn:pulumi:a-->b::<c>::t::n"}]}`, ""))),
    ).to.equal("<!-- pulumi-vnic plan c/a--b -->");
  });
});
