import { expect } from "chai";
import { vnicCrd } from "../../../../provider/model/vnic/crd.ts";
import { specOf } from "../../../../provider/model/vnic/record.ts";
import { group, version } from "../../../../provider/model/names.ts";
import { attachedStatus } from "../../../../provider/model/vnic/status.ts";
import { containerId, definition, injectResult, lease, storedVnic, uid } from "../../../fakes/objects.ts";

interface Schema {
  readonly type?: string;
  readonly required?: string[];
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

const crd = vnicCrd();
const [stored] = crd.spec.versions;
const schema = stored?.schema.openAPIV3Schema as unknown as Schema;

/** Every nested schema, with its path. */
function schemasIn(one: Schema, path = "$"): [path: string, schema: Schema][] {
  const children = [
    ...Object.entries(one.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const),
    ...(one.items ? [[`${path}[]`, one.items] as const] : []),
  ];
  return [[path, one], ...children.flatMap(([at, child]) => schemasIn(child, at))];
}

/** Paths in a value for which the schema has no place, or the wrong type. */
function misfits(value: unknown, one: Schema, path = "$"): string[] {
  if (Array.isArray(value))
    return one.type === "array" && one.items
      ? value.flatMap((item, at) => misfits(item, one.items as Schema, `${path}[${at}]`))
      : [path];
  if (typeof value === "object" && value !== null) {
    const missing = (one.required ?? []).filter((key) => !(key in value)).map((key) => `${path}.${key}`);
    return [
      ...missing,
      ...Object.entries(value).flatMap(([key, item]) =>
        one.properties?.[key] ? misfits(item, one.properties[key], `${path}.${key}`) : [`${path}.${key}`],
      ),
    ];
  }
  const type = typeof value === "number" ? ["number", "integer"] : [typeof value];
  return type.includes(one.type ?? "") ? [] : [path];
}

describe("the CustomResourceDefinition of Vnic", () => {
  it("has the name that Kubernetes requires, and is namespaced", () => {
    expect(crd.metadata.name).to.equal(`${crd.spec.names.plural}.${group}`);
    expect(crd.spec.scope).to.equal("Namespaced");
    expect(stored).to.deep.include({ name: version, served: true, storage: true, subresources: { status: {} } });
  });

  it("has a structural schema: a type everywhere, and no keyword that Kubernetes refuses", () => {
    const refused = [
      "additionalProperties",
      "$schema",
      "$ref",
      "$defs",
      "definitions",
      "patternProperties",
      "const",
      "anyOf",
      "oneOf",
      "allOf",
      "not",
    ];
    for (const [path, one] of schemasIn(schema)) {
      expect(one.type, `type of ${path}`).to.be.oneOf(["object", "array", "string", "integer", "number", "boolean"]);
      for (const keyword of refused) expect(one, path).to.not.have.property(keyword);
      if (one.type === "array") expect(one.items, path).to.be.an("object");
    }
  });

  it("has only bounds that the API server can enforce", () => {
    for (const [path, one] of schemasIn(schema))
      for (const bound of [one.minimum, one.maximum])
        if (bound !== undefined) expect(Math.abs(Number(bound)), path).to.be.below(Number.MAX_SAFE_INTEGER);
  });

  it("has a field for everything that is written into a record and its status", () => {
    const { spec } = storedVnic({ mtu: 9000 });
    const at = { uid: uid(2), node: "worker-1", containerId };
    const status = attachedStatus(storedVnic(), at, injectResult({ lease: lease() }), new Date());
    expect(misfits({ spec, status }, schema)).to.deep.equal([]);
    expect(misfits({ spec: storedVnic().spec }, schema)).to.deep.equal([]);
    expect(misfits({ spec: specOf(definition({ addresses: [], dhcp: { hostname: "db" } })) }, schema)).to.deep.equal(
      [],
    );
  });

  it("requires what can't be derived", () => {
    const spec = schema.properties?.spec;
    expect(spec?.required).to.have.members(["pod", "network"]);
  });

  it("describes each field of the spec", () => {
    for (const [path, { description }] of Object.entries(schema.properties?.spec?.properties ?? {}).map(
      ([key, one]) => [key, one] as const,
    ))
      expect(description, path).to.be.a("string");
  });

  it("has printer columns for fields of the schema", () => {
    for (const { name, jsonPath } of stored?.additionalPrinterColumns ?? []) {
      const keys = jsonPath
        .replace(/\[.*?\]/, "")
        .split(".")
        .slice(1);
      if (keys[0] === "metadata") continue;
      const end = keys.reduce<Schema | undefined>(
        (at, key) => at?.properties?.[key] ?? at?.items?.properties?.[key],
        schema,
      );
      expect(end, `column ${name}`).to.not.equal(undefined);
    }
  });
});
