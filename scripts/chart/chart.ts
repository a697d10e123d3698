import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { defaultImage, packageVersion } from "../../provider/base/package.ts";
import { fileNameOf, type Manifest } from "../../provider/model/platform/manifest.ts";
import type { PlatformOptions } from "../../provider/model/platform/options.ts";
import { partManifests, type PlatformPart, platformParts } from "../../provider/model/platform/platform.ts";
import { baseOptions, points, substitutes } from "./options.ts";
import { type Json, Templates } from "./template.ts";
import { valuesSchema } from "./schema.ts";

const source = join(import.meta.dirname, "..", "..", "charts", "pulumi-vnic");

/** The files of the Helm chart by path: the fixed ones in `charts/pulumi-vnic`, and the generated ones. */
async function chartFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const path = join(name.parentPath, name.name);
    files.set(path.slice(source.length + 1), await readFile(path, "utf8"));
  }
  files.set("Chart.yaml", `${files.get("Chart.yaml")}version: ${packageVersion}\nappVersion: ${packageVersion}\n`);
  files.set("values.yaml", values());
  files.set("values.schema.json", `${JSON.stringify(valuesSchema(), null, 2)}\n`);
  for (const part of platformParts) for (const [name, text] of templatesOf(part)) files.set(`templates/${name}`, text);
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Writes the chart into a folder, and replaces its content. */
export async function writeChart(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of await chartFiles()) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** The templates for one part's objects, by file name. */
function templatesOf(part: PlatformPart): [string, string][] {
  const templates = new Templates(points, substitutes);
  const made = (options: PlatformOptions) => partManifests(part, options).map(withKeepPolicy);
  const base = made(baseOptions);
  const probes = points.map(({ set, probe }) => made(set(baseOptions, probe)));
  return base.map((manifest) => {
    const file = fileNameOf(manifest);
    const same = probes.map((one) => one.find((other) => fileNameOf(other) === file));
    const conditions = points.flatMap(({ whenThere }, index) => (same[index] ? [] : [`(${whenThere})`]));
    const when = [`(not (has "${part}" .Values.without))`, ...conditions];
    // An object that an option removes gets the base rendering; `when` has the condition under which the object exists.
    const shapes = { base: asJson(manifest), probes: same.map((one) => asJson(one ?? manifest)) };
    return [file, templates.object(file.replace(/\.yaml$/, ""), shapes, `and ${when.join(" ")}`)];
  });
}

/**
 * Makes a CRD stay on uninstall, because its records would be deleted with it. CRDs are templates so that an upgrade
 * changes them.
 */
function withKeepPolicy(manifest: Manifest): Manifest {
  if (manifest.kind !== "CustomResourceDefinition") return manifest;
  const metadata = { ...manifest.metadata, annotations: { "helm.sh/resource-policy": "keep" } };
  return { ...manifest, metadata };
}

const asJson = (manifest: Manifest) => JSON.parse(JSON.stringify(manifest)) as Json;

/** The text of values.yaml: the defaults, and the other options as comments. */
function values(): string {
  const { properties } = valuesSchema() as Properties;
  return `${describe(properties, "# ").join("\n")}\n\n${stringify({ image: defaultImage, ...emptyValues })}`;
}

interface Properties {
  readonly properties: Readonly<Record<string, Property>>;
}
type Property = Partial<Properties> & { readonly description?: string; readonly default?: unknown };

function describe(properties: Properties["properties"], indent: string): string[] {
  return Object.entries(properties).flatMap(([name, { description, default: byDefault, properties }]) => {
    if (description === undefined) return [];
    const more = byDefault === undefined ? "" : ` (default: ${JSON.stringify(byDefault)})`;
    return [`${indent}${name}: ${description}${more}`, ...(properties ? describe(properties, `${indent}  `) : [])];
  });
}

/** An empty object for each level of values, so that templates can refer to nested values. */
const emptyValues = {
  allowImages: [],
  imagePullSecrets: [],
  without: [],
  openshift: false,
  networkStatus: false,
  labels: {},
  annotations: {},
  agent: {},
  reconciler: {},
  monitoring: {},
};
