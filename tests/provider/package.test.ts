import { expect } from "chai";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type ts from "typescript";
import { cached } from "../lab/cache.ts";
import { must } from "../lab/run.ts";
import { root } from "../support/documents.ts";
import { packPackage } from "../support/packed-package.ts";

const program = `
import * as pulumi from "@pulumi/pulumi";
import { Network, Platform, PlatformArgs, Vnic, VnicArgs, VnicSet, VnicSetArgs } from "pulumi-vnic";

const args: VnicArgs = { pod: { name: "db-0" }, network: "lan", addresses: ["192.168.50.10/24"] };
const addresses: pulumi.Output<string[]> = new Vnic("db-wire", args).addresses;
const set: VnicSetArgs = { selector: { app: "db" }, template: { network: { parent: "eth1" } } };
new VnicSet("db-wires", set);
new Network("lan", { parent: "eth1" });
const without: NonNullable<PlatformArgs["without"]> = ["agent"];
new Platform("vnic", { without });
// The compiler must report each of these mistakes, so none of the types is any.
// @ts-expect-error
new Platform("vnic", { without: ["agnet"] });
// @ts-expect-error
new Vnic("x", { pod: { name: 1 }, network: "lan" });
// @ts-expect-error
export const wrong: number = addresses;
`;

const cases = [
  { version: "4.9.5", module: "commonjs", moduleResolution: "node", files: ["program.ts"] },
  { version: "4.9.5", module: "node16", moduleResolution: "node16", files: ["program.ts", "program.mts"] },
  { version: "5.9.3", module: "commonjs", moduleResolution: "node", files: ["program.ts"] },
  { version: "5.9.3", module: "esnext", moduleResolution: "bundler", files: ["program.ts"] },
  { version: "6.0.3", module: "nodenext", moduleResolution: "nodenext", files: ["program.ts", "program.mts"] },
];

/** The folder with the compilers of all versions, which is kept in the cache. */
function installCompilers(): Promise<string> {
  const versions = [...new Set(cases.map(({ version }) => version))];
  return cached(`typescript-${versions.join("-")}`, `installing TypeScript ${versions.join(", ")}`, async (folder) => {
    const aliases = versions.map((version) => `typescript-${version}@npm:typescript@${version}`);
    await must(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, ...aliases]);
  });
}

/**
 * All errors that a compiler finds in the files of a program, and in the package's types. It doesn't check the types of
 * other packages, in which an old compiler would also find what a real project with that compiler wouldn't have.
 */
function errorsOf(compiler: typeof ts, folder: string, config: object): string[] {
  const { options, fileNames, errors } = compiler.parseJsonConfigFileContent(config, compiler.sys, folder);
  const made = compiler.createProgram(fileNames, options);
  const ours = made.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${folder}/`));
  const types = ours.map(({ fileName }) => fileName).filter((file) => file.includes("/node_modules/pulumi-vnic/"));
  expect(types, "the package's own types").not.to.be.empty;
  const all = [
    ...errors,
    ...made.getOptionsDiagnostics(),
    ...made.getGlobalDiagnostics(),
    ...ours.flatMap((file) => [...made.getSyntacticDiagnostics(file), ...made.getSemanticDiagnostics(file)]),
  ];
  return all.map(({ file, messageText }) =>
    [file?.fileName ?? "", compiler.flattenDiagnosticMessageText(messageText, "\n")].join(": "),
  );
}

describe("the packed package", function () {
  this.timeout(600_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-vnic-package-"));
    tarball = await packPackage(folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  describe("in a program", () => {
    let compilers: string;

    before(async () => {
      const packages = join(folder, "node_modules");
      await mkdir(join(packages, "pulumi-vnic"), { recursive: true });
      await must(["tar", "-xzf", tarball, "-C", join(packages, "pulumi-vnic"), "--strip-components", "1"]);
      for (const name of ["@pulumi", "@types"]) await symlink(join(root, "node_modules", name), join(packages, name));
      compilers = await installCompilers();
      for (const file of ["program.ts", "program.mts"]) await writeFile(join(folder, file), program);
    });

    for (const { version, module, moduleResolution, files } of cases)
      it(`has types for TypeScript ${version}, module ${module}, moduleResolution ${moduleResolution}`, () => {
        const options = { noEmit: true, strict: true, target: "es2022", types: ["node"], module, moduleResolution };
        const load = createRequire(join(compilers, "package.json"));
        const compiler = load(`typescript-${version}`) as typeof ts;
        expect(compiler.version).to.equal(version);
        expect(errorsOf(compiler, folder, { compilerOptions: options, files })).to.deep.equal([]);
      });

    for (const [system, text] of [
      ["CommonJS", `console.log(Object.keys(require("pulumi-vnic")).sort().join())`],
      ["ES modules", `import * as vnic from "pulumi-vnic"; console.log(Object.keys(vnic).sort().join())`],
    ] as const)
      it(`is loaded by ${system}`, async () => {
        const file = join(folder, system === "CommonJS" ? "load.cjs" : "load.mjs");
        await writeFile(file, text);
        const loaded = await must([process.execPath, file], { cwd: folder });
        expect(loaded.trim()).to.equal("Network,Platform,Vnic,VnicSet");
      });
  });
});
