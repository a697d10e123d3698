import type { Shipped } from "../licences.ts";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * The software bill of materials of the npm package, in the JSON of CycloneDX 1.6
 * (https://cyclonedx.org/docs/1.6/json/): the packages that are installed with it, each with hash, licence and
 * dependencies. It contains no time and no serial number, so that equal sources give an equal file.
 */
export function sbomOf(
  { name, version, license }: Package,
  direct: readonly string[],
  shipped: readonly Shipped[],
): object {
  const itself = purl(name, version);
  const component = {
    type: "library",
    "bom-ref": itself,
    name,
    version,
    licenses: [{ expression: license }],
    purl: itself,
  };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component },
    components: shipped.map(componentOf),
    dependencies: [
      { ref: itself, dependsOn: shipped.filter(({ path }) => direct.includes(path)).map(({ path }) => path) },
      ...shipped.map(({ path, needs }) => ({ ref: path, dependsOn: needs })),
    ],
  };
}

function componentOf({ path, name, version, licence, integrity }: Shipped): object {
  const [algorithm, hash = ""] = integrity.split(/-(.*)/);
  if (algorithm !== "sha512") throw new Error(`package-lock.json: ${path} has no SHA-512 hash`);
  return {
    type: "library",
    "bom-ref": path,
    name,
    version,
    hashes: [{ alg: "SHA-512", content: Buffer.from(hash, "base64").toString("hex") }],
    ...(licence === "" ? {} : { licenses: [{ expression: licence }] }),
    purl: purl(name, version),
  };
}

/** The package URL of an npm package: https://github.com/package-url/purl-spec. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
