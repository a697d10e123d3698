import { expect } from "chai";
import { addressCrd } from "../../../../provider/model/address/crd.ts";
import { networkCrd } from "../../../../provider/model/network/crd.ts";
import { parseNetwork } from "../../../../provider/model/network/definition.ts";
import type { Problem } from "../../../../provider/model/schema/problem.ts";
import { parseSetDefinition } from "../../../../provider/model/vnic-set/definition.ts";
import { vnicSetCrd } from "../../../../provider/model/vnic-set/crd.ts";
import { vnicCrd } from "../../../../provider/model/vnic/crd.ts";
import { parseDefinition } from "../../../../provider/model/vnic/definition.ts";
import { type Bound, bounds } from "../../../support/oversized.ts";

const parsers = { Vnic: parseDefinition, VnicSet: parseSetDefinition, VnicNetwork: parseNetwork };

/** The problems of a spec of the given kind. */
function problemsOf(kind: Bound["kind"], spec: object): readonly Problem[] {
  const parsed = parsers[kind]({ name: "wire", ...spec });
  return "problems" in parsed ? parsed.problems : [];
}

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

/** Paths of everything without a bound. */
function unbounded(schema: Schema, path: string): string[] {
  const { type, properties = {}, items, additionalProperties: values } = schema;
  const open =
    (type === "string" && schema.maxLength === undefined && schema.enum === undefined) ||
    (type === "array" && schema.maxItems === undefined) ||
    (values !== undefined && schema.maxProperties === undefined);
  return [
    ...(open ? [path] : []),
    ...Object.entries(properties).flatMap(([key, one]) => unbounded(one, `${path}.${key}`)),
    ...(items ? unbounded(items, `${path}[]`) : []),
    ...(values ? unbounded(values, `${path}.*`) : []),
  ];
}

describe("bounds", () => {
  for (const crd of [vnicCrd(), vnicSetCrd(), networkCrd(), addressCrd()])
    it(`exist at the API server for every list, map and text of ${crd.spec.names.kind}`, () => {
      const [stored] = crd.spec.versions;
      expect(unbounded(stored?.schema.openAPIV3Schema as unknown as Schema, "")).to.deep.equal([]);
    });

  for (const { kind, property, limit, of } of bounds) {
    it(`${kind}: refuse ${property} above ${limit}, in a short message`, () => {
      const problems = problemsOf(kind, of(limit + 1)).filter((one) => one.property === property);
      expect(problems.map(({ reason }) => reason).join("\n")).to.match(new RegExp(`\\b${limit}\\b`));
      for (const { reason } of problems) expect(reason.length).to.be.below(400);
    });

    it(`${kind}: accept the size of ${property} at ${limit}`, () => {
      for (const { reason } of problemsOf(kind, of(limit)).filter((one) => one.property === property))
        expect(reason).to.not.match(/longer than|give at most/);
    });

    it(`${kind}: refuse ${property} at 100 000 without checking its items`, () => {
      const found = problemsOf(kind, of(100_000));
      expect(found.length).to.be.within(1, 8);
      expect(JSON.stringify(found).length).to.be.below(4000);
    });
  }

  it("apply to property names, too", () => {
    const key = "x".repeat(100_000);
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`more${index}`, 1]));
    for (const kind of ["Vnic", "VnicSet", "VnicNetwork"] as const) {
      expect(JSON.stringify(problemsOf(kind, { [key]: 1 })).length).to.be.below(2000);
      expect(JSON.stringify(problemsOf(kind, many)).length).to.be.below(8000);
    }
    const labelled = problemsOf("Vnic", { pod: { name: "db-0" }, network: { name: "lan" }, labels: { [key]: "a" } });
    expect(JSON.stringify(labelled).length).to.be.within(20, 2000);
  });
});
