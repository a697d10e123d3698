import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cached, cacheDir } from "../lab/cache.ts";
import { ensurePulumi } from "../lab/index.ts";
import { must, type Output, run } from "../lab/run.ts";
import { root } from "../support/documents.ts";
import { packPackage } from "../support/packed-package.ts";
import { engineEnvironment } from "../support/stack.ts";

/** The npm packages that contain the package managers; `@yarnpkg/cli-dist` is the newer yarn, named Berry. */
const managers = { pnpm: "10.24.0", yarn: "1.22.22", "@yarnpkg/cli-dist": "4.18.1" };
const pulumi = { "@pulumi/pulumi": "3.270.0" };
const args = `{ pod: { name: "db-0" }, network: { parent: "eth1" }, addresses: ["192.168.50.10/24"] }`;

/** A package with a component that declares a Vnic. It alone depends on ours. */
const component = (tarball: string) => ({
  "wires/package.json": {
    ...{ name: "wires", version: "1.0.0", main: "index.js", peerDependencies: pulumi },
    dependencies: { "pulumi-vnic": `file:${tarball}` },
  },
  "wires/index.js": `const pulumi = require("@pulumi/pulumi");
const { Vnic } = require("pulumi-vnic");
exports.Wire = class extends pulumi.ComponentResource {
  constructor(name) {
    super("wires:index:Wire", name);
    new Vnic(name, ${args}, { parent: this });
  }
};`,
});

const project = (name: string, more = "") =>
  `name: ${name}\nruntime: { name: nodejs, options: { typescript: false } }\n${more}`;

/** A program that has a Vnic only through the component. */
const composed = (wires: string) => ({
  "composed/package.json": { name: "composed", version: "1.0.0", dependencies: { ...pulumi, wires } },
  "composed/Pulumi.yaml": project("composed"),
  "composed/index.js": `new (require("wires").Wire)("db");`,
});

describe("the packed package, installed by", () => {
  let folder: string;
  let tarball: string;
  let programs: string;
  let caches: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "vnic-managers-"));
    tarball = await packPackage(folder);
    const packages = Object.entries(managers).map(([name, version]) => `${name}@${version}`);
    const name = `package-managers-${Object.values(managers).join("-")}`;
    programs = await cached(name, `installing ${packages.join(", ")}`, async (path) => {
      await must(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", path, ...packages]);
    });
    caches = join(cacheDir, "package-manager-caches");
    await mkdir(caches, { recursive: true });
    // Each run puts another build of our own package into the caches.
    await must(["find", caches, "-name", "*pulumi-vnic*", "-mmin", "+60", "-prune", "-exec", "rm", "-rf", "{}", "+"]);
    const registry = (await must(["npm", "config", "get", "registry"])).trim();
    await Promise.all(["state", "home"].map((name) => mkdir(join(folder, name))));
    env = {
      ...engineEnvironment(folder, [await ensurePulumi()]),
      // Berry doesn't read npm's settings, and yarn only some of them.
      npm_config_registry: registry,
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname,
      // In CI, Berry refuses an installation that writes a lock file.
      YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
      YARN_GLOBAL_FOLDER: join(caches, "berry"),
      YARN_ENABLE_SCRIPTS: "false",
      YARN_ENABLE_TELEMETRY: "false",
    };
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function write(workspace: string, files: Readonly<Record<string, string | object>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, workspace, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    }
  }

  /** Runs the program of a package manager in a workspace. */
  const manager = (file: string, workspace: string, ...words: string[]) =>
    must([process.execPath, join(programs, "node_modules", file), ...words], { cwd: join(folder, workspace), env });

  async function preview(program: string): Promise<Output> {
    const options = { cwd: join(folder, program), env, timeoutSeconds: 600 };
    await must(["pulumi", "stack", "select", "--create", "dev", "--non-interactive"], options);
    return run(["pulumi", "preview", "--non-interactive", "--color=never"], options);
  }

  async function assertPreviewed(program: string): Promise<void> {
    const { code, stdout, stderr } = await preview(program);
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.match(/Vnic db create/);
  }

  describe("npm in a monorepo, where it is hoisted to the root,", () => {
    before(async () => {
      const dependencies = { ...pulumi, "pulumi-vnic": `file:${tarball}` };
      await write("npm", {
        "package.json": { private: true, workspaces: ["composed", "wires", "compiled", "inline"] },
        ...component(tarball),
        ...composed("*"),
        "compiled/package.json": { name: "compiled", dependencies },
        "compiled/Pulumi.yaml": project("compiled", "main: bin/\n"),
        "compiled/index.ts": `import { Vnic } from "pulumi-vnic";\nexport const { addresses } = new Vnic("db", ${args});\n`,
        "inline/package.json": { name: "inline", type: "module", dependencies },
        "inline/index.js": `
          import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
          import { Vnic } from "pulumi-vnic";
          const program = async () => ({ addresses: new Vnic("db", ${args}).addresses });
          const stack = await LocalWorkspace.createOrSelectStack({ stackName: "dev", projectName: "inline", program });
          const { stdout } = await stack.preview({ color: "never" });
          console.log(stdout);`,
      });
      const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
      await must(["npm", "install", ...options], { cwd: join(folder, "npm"), env });
    });

    it("is found by a member that has it only through a component package", () => assertPreviewed("npm/composed"));

    it("is found by a member that is compiled to bin/", async () => {
      const compiler = [process.execPath, join(root, "node_modules/typescript/bin/tsc")];
      const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
      const options = ["--skipLibCheck", "--module", "nodenext", "--target", "es2022", ...types, "--outDir", "bin"];
      await must([...compiler, ...options, "index.ts"], { cwd: join(folder, "npm/compiled"), env });
      await assertPreviewed("npm/compiled");
    });

    const inline = (cwd: string) => run([process.execPath, join(folder, "npm/inline/index.js")], { cwd, env });

    it("is found by an inline program of the Automation API", async () => {
      const { stdout, stderr } = await inline(join(folder, "npm/inline"));
      expect(stdout, stderr).to.match(/Vnic db create/);
    });

    it("isn't found by an inline program that was started elsewhere, which is told where to start it", async () => {
      const { code, stderr } = await inline(folder);
      expect(code).not.to.equal(0);
      expect(stderr).to.include(`from ${folder} the package pulumi-vnic isn't found`);
      expect(stderr).to.include("start an inline program of the Automation API in its own folder");
    });
  });

  it("pnpm, is found if the project depends on it, and not if only a component package does", async () => {
    await write("pnpm", {
      "package.json": { private: true },
      "pnpm-workspace.yaml": "packages: [composed, wires]\n",
      ...component(tarball),
      ...composed("workspace:*"),
    });
    const pnpm = (workspace: string, ...words: string[]) => {
      const options = ["--ignore-scripts", "--prefer-offline", "--store-dir", join(caches, "pnpm")];
      return manager("pnpm/bin/pnpm.cjs", workspace, ...words, ...options);
    };
    await pnpm("pnpm", "install");
    const { code, stdout } = await preview("pnpm/composed");
    expect(code).not.to.equal(0);
    expect(stdout).to.include("add it to the project's own dependencies: npm install pulumi-vnic");

    await pnpm("pnpm/composed", "add", tarball);
    await assertPreviewed("pnpm/composed");
  });

  it("yarn, is found by a member that has it only through a component package", async () => {
    await write("yarn", {
      "package.json": { private: true, workspaces: ["composed", "wires"] },
      ...component(tarball),
      ...composed("1.0.0"),
    });
    const options = ["--ignore-scripts", "--prefer-offline", "--non-interactive"];
    await manager("yarn/bin/yarn.js", "yarn", "install", ...options, "--cache-folder", join(caches, "yarn"));
    await assertPreviewed("yarn/composed");
  });

  it("yarn Berry with node_modules, is found by a program of ES modules", async () => {
    await write("berry", {
      "package.json": {
        ...{ name: "berry", type: "module", main: "index.js", private: true },
        dependencies: { ...pulumi, "pulumi-vnic": `file:${tarball}` },
      },
      ".yarnrc.yml": "nodeLinker: node-modules\n",
      "yarn.lock": "", // Marks the folder as a project of its own.
      "Pulumi.yaml": project("berry"),
      "index.js": `import { Vnic } from "pulumi-vnic";\nexport const { addresses } = new Vnic("db", ${args});\n`,
    });
    await manager("@yarnpkg/cli-dist/bin/yarn.js", "berry", "install");
    await assertPreviewed("berry");
  });
});
