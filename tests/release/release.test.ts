import { execFile, execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { packageVersion } from "../../provider/base/package.ts";
import { shipped } from "../../scripts/licences.ts";
import { root } from "../support/documents.ts";

const image = `registry.example/pulumi-vnic-node@sha256:${"0123456789abcdef".repeat(4)}`;
const name = `pulumi-vnic-${packageVersion}`;

describe("npm run release -- --dry-run", () => {
  let folder: string;
  const files = (): string => join(folder, "one");

  const run = (program: string, ...argv: string[]): string =>
    execFileSync(program, argv, { cwd: folder, encoding: "utf8", maxBuffer: 64 << 20 });
  const script = join(root, "scripts/release/main.ts");
  const inFolder = (...argv: string[]) => promisify(execFile)(process.execPath, argv, { cwd: folder });
  const release = () => inFolder(script, "--dry-run", "--image", image, "--folder", "one");
  /** Makes the files once more, without checking the package, which makes no file. */
  const repeat = () => {
    const options = JSON.stringify({ folder: join(folder, "two"), image, checksPackage: false });
    const source = `(await import("${join(root, "scripts/release/release.ts")}")).makeRelease(${options})`;
    return inFolder("--input-type=module", "--eval", source);
  };
  const read = (file: string): string => readFileSync(join(files(), file), "utf8");
  const listed = (archive: string): string[] => run("tar", "-tzf", join(files(), archive)).trim().split("\n");
  const member = (archive: string, path: string): string => run("tar", "-xzOf", join(files(), archive), path);

  before(async () => {
    mkdirSync(join(root, "dist"), { recursive: true });
    // The folder is in the checkout, so that the package finds its dependencies.
    folder = mkdtempSync(join(root, "dist", ".test-"));
    await Promise.all([release(), repeat()]);
    mkdirSync(join(folder, "node_modules"));
    // The folder is a separate package, because `pulumi-vnic` would otherwise be the checkout itself.
    writeFileSync(join(folder, "package.json"), "{}");
    run("tar", "-xzf", join("one", `${name}.tgz`), "--transform", "s,^package,node_modules/pulumi-vnic,");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("makes identical files when it is repeated", () => {
    const sums = readFileSync(join(folder, "two", "SHA256SUMS"), "utf8");
    expect(sums).to.equal(read("SHA256SUMS"));
  });

  it("lists all files with correct checksums", () => {
    execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: files() });
    const names = read("SHA256SUMS").match(/\S+$/gm);
    expect([...(names ?? []), "SHA256SUMS"].sort()).to.deep.equal(readdirSync(files()).sort());
    expect(names).to.have.length(6);
  });

  it("packs the package with licence, readme and documented types, and without sources, tests or maps", () => {
    const packed = listed(`${name}.tgz`);
    for (const file of ["LICENSE", "README.md", "dist/sdk/index.d.ts", "dist/hooks/vnic.mjs"])
      expect(packed).to.include(`package/${file}`);
    const strange = packed.filter((path) => !/\.(d\.ts|d\.cts|js|cjs|mjs)$/.test(path));
    expect(strange.sort()).to.deep.equal(
      ["LICENSE", "README.md", "dist/node/dhcp-event.awk", "package.json", "provider/node/Dockerfile"].map(
        (path) => `package/${path}`,
      ),
    );
    expect(member(`${name}.tgz`, "package/dist/sdk/vnic.d.ts")).to.match(/\/\*\*[^*]*@default/);
  });

  it("packs one package for both module systems, with a working command", () => {
    const both =
      'const one = require("pulumi-vnic"); import("pulumi-vnic").then((other) => console.log(one.Vnic === other.Vnic))';
    expect(run(process.execPath, "-e", both).trim()).to.equal("true");
    const command = join("node_modules", "pulumi-vnic", "dist", "provider", "cli", "main.js");
    expect(run(process.execPath, command, "--version").trim()).to.equal(packageVersion);
  });

  it("makes package, manifests and chart name the image by its digest", () => {
    expect(member(`${name}.tgz`, "package/dist/provider/base/package.js")).to.include(image);
    expect(listed(`${name}.tgz`).some((path) => /package\/dist\/hooks\/.*\.mjs/.test(path))).to.equal(true);
    const { items } = JSON.parse(read(`${name}-manifests.json`)) as { items: { kind: string }[] };
    expect(JSON.stringify(items.filter(({ kind }) => kind === "Deployment" || kind === "DaemonSet"))).to.include(image);
    expect(parse(member(`${name}-chart.tgz`, "pulumi-vnic/values.yaml"))).to.include({ image });
    for (const text of [JSON.stringify(items), member(`${name}-chart.tgz`, "pulumi-vnic/values.yaml")])
      expect(text).not.to.include("localhost/");
  });

  it("packs for the image what its Dockerfile copies, without an image's name in it", () => {
    const context = `${name}-image-context.tgz`;
    const dockerfile = member(context, "provider/node/Dockerfile");
    const copied = [...dockerfile.matchAll(/^COPY (\S+) /gm)].map(([, path = ""]) => path);
    expect(copied).not.to.be.empty;
    for (const path of copied) {
      const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll("*", "[^/]+")}$`);
      expect(
        listed(context).filter((file) => pattern.test(file)),
        path,
      ).not.to.be.empty;
    }
    expect(member(context, "dist/reconciler/main.mjs")).not.to.include(image);
  });

  it("lists all included packages in the SBOM, with hashes and dependencies", () => {
    const sbom = JSON.parse(read(`${name}-sbom.cdx.json`)) as {
      components: { name: string; version: string; "bom-ref": string; hashes: { content: string }[] }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    const names = (all: readonly { name: string; version: string }[]) => all.map((one) => `${one.name}@${one.version}`);
    expect(names(sbom.components)).to.deep.equal(names(shipped()));
    for (const { hashes } of sbom.components) expect(hashes[0]?.content).to.match(/^[0-9a-f]{128}$/);
    const needed = new Set(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn));
    expect([...needed].sort()).to.deep.equal(sbom.components.map((one) => one["bom-ref"]).sort());
  });

  it("makes all files that the workflow publishes, and its check of them finds a changed one", () => {
    const workflow = readFileSync(join(root, ".github/workflows/release.yml"), "utf8");
    const { jobs } = parse(workflow) as { jobs: Record<string, { steps: { name?: string; run?: string }[] }> };
    const named = [...workflow.matchAll(/dist\/release\/([\w${}#.-]+)/g)].map(([, path = ""]) =>
      path.replace("${TAG#v}", packageVersion),
    );
    // The workflow makes the signature itself.
    const made = [...readdirSync(files()), "SHA256SUMS.sigstore.json"];
    expect(named).to.have.length.greaterThan(4);
    expect(named.filter((path) => !made.includes(path))).to.deep.equal([]);

    const check = jobs["publish"]?.steps.find((step) => step.name === "Check the files")?.run ?? "";
    const copy = join(folder, "publish", "dist", "release");
    cpSync(files(), copy, { recursive: true });
    const verify = () => execFileSync("bash", ["-ec", check], { cwd: join(folder, "publish"), stdio: "pipe" });
    verify();
    appendFileSync(join(copy, `${name}.tgz`), "x");
    expect(verify).to.throw(/WARNING: 1 computed checksum did NOT match/);
  });

  it("extracts the changes of this version from the changelog", () => {
    expect(read("CHANGES.md"))
      .to.match(/^(### |- \[)/)
      .and.match(/^- \[/m)
      .and.not.match(/^## /m);
  });

  for (const [argv, words] of [
    [[], /--dry-run/],
    [["--dry-run", "--image", "registry.example/node:1"], /digest/],
  ] as const)
    it(`refuses ${argv.join(" ") || "to publish"}`, () => {
      const refused = () => execFileSync(process.execPath, [script, ...argv], { stdio: "pipe" });
      expect(refused).to.throw(words);
    });
});
