import { expect } from "chai";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { readdirSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { kubeconfig } from "../fakes/kubeconfig.ts";
import { ensurePulumi } from "../lab/index.ts";
import { must, run } from "../lab/run.ts";
import { readDocuments, root } from "../support/documents.ts";
import { packPackage } from "../support/packed-package.ts";
import { engineEnvironment } from "../support/stack.ts";

const examples = readdirSync(join(root, "examples")).filter((name) =>
  existsSync(join(root, "examples", name, "Pulumi.yaml")),
);

/** Commands that have nothing to do, or can't work, before an up has worked in a cluster. */
const needingCluster = [
  /^pulumi stack output /,
  /^\.\/promote\.sh /,
  /^pulumi preview --stack prod /,
  /^npm run demo$/,
];

/** The commands of an example's README in order: those of its script, and then those in its text. */
function commandsOf(name: string): string[] {
  const { blocks = [], spans = [] } = readDocuments().find(({ path }) => path === `examples/${name}/README.md`) ?? {};
  const scripts = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => text.split("\n"));
  return [...scripts, ...spans.filter((span) => /^(pulumi|npx|npm) /.test(span))].filter(
    (command) => !needingCluster.some((pattern) => pattern.test(command)),
  );
}

describe("an example in an empty folder, by the commands of its README", () => {
  let folder: string;
  let tarball: string;
  let env: NodeJS.ProcessEnv;
  /** Installed packages and the dependencies for which they were installed. Later examples begin with them, to save time. */
  const installed: { readonly dependencies: readonly string[]; readonly modules: string }[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "vnic-examples-"));
    tarball = await packPackage(folder);
    await Promise.all(["bin", "state", "home"].map((name) => mkdir(join(folder, name))));
    // What the commands apply is written to a file.
    await writeFile(join(folder, "bin", "kubectl"), `#!/bin/sh\ncat >"$PWD/applied.yaml"\n`);
    await chmod(join(folder, "bin", "kubectl"), 0o755);
    // Nobody answers there: the stand-in for the Kubernetes plugin asks no cluster in a preview.
    await writeFile(join(folder, "kubeconfig"), kubeconfig({ server: "https://127.0.0.1:1" }));
    const path = [join(folder, "bin"), join(root, "tests/preview/kubernetes-plugin"), await ensurePulumi()];
    const engine = engineEnvironment(folder, path);
    env = { ...engine, KUBECONFIG: join(folder, "kubeconfig"), npm_config_audit: "false", npm_config_fund: "false" };
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const name of examples)
    it(`is previewed with checked types, and uses the image that it installs: ${name}`, async () => {
      const copy = join(folder, name);
      await cp(join(root, "examples", name), copy, {
        recursive: true,
        filter: (path) => !/node_modules|Pulumi\.[^/]+\.yaml$/.test(path),
      });
      const needed = await dependenciesOf(copy);
      const part = installed.findLast(({ dependencies }) => dependencies.every((one) => needed.includes(one)));
      if (part) await must(["cp", "-al", part.modules, copy]);
      const commands = commandsOf(name).map((command) =>
        command
          .replaceAll("<path>/pulumi-vnic-0.1.0.tgz", tarball)
          .replaceAll("<your registry>", "registry.example")
          .replaceAll("pulumi up", "pulumi preview")
          .replaceAll(/^pulumi (destroy|refresh)$/g, "pulumi $1 --yes"),
      );
      let areTypesChecked = false;
      for (const command of commands) {
        const { code, stdout, stderr } = await run(["bash", "-eo", "pipefail", "-c", command], {
          cwd: copy,
          // The commands change settings, but not the program.
          env: { ...env, PULUMI_NODEJS_TRANSPILE_ONLY: String(areTypesChecked) },
          timeoutSeconds: 600,
        });
        expect(code, `${command}\n${stdout}${stderr}`).to.equal(0);
        if (/pulumi preview(?! .*\|)/.test(command)) expect(stdout, command).to.match(/\+ \d+ to create/);
        areTypesChecked ||= command.includes("pulumi preview");
      }
      expect(areTypesChecked).to.equal(true);
      installed.push({ dependencies: needed, modules: join(copy, "node_modules") });
      await assertOneImage(copy);
    });
});

/** The dependencies of an example, except for our own package. */
async function dependenciesOf(project: string): Promise<string[]> {
  const text = await readFile(join(project, "package.json"), "utf8");
  const { dependencies, devDependencies } = JSON.parse(text) as Record<string, Record<string, string>>;
  const all = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) => name !== "pulumi-vnic");
  return all.map(([name, version]) => `${name}@${version}`);
}

/** Checks that manifests and settings name the same node image, wherever the commands name one. */
async function assertOneImage(project: string): Promise<void> {
  const { config = {} } = parse(await readFile(join(project, "Pulumi.dev.yaml"), "utf8")) as {
    config?: Record<string, string>;
  };
  const applied = await readFile(join(project, "applied.yaml"), "utf8").catch(() => "");
  const workloads = parseAllDocuments(applied).map((document) => JSON.stringify(document.toJS()));
  const images = workloads.flatMap((text) => [...text.matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image));
  const named = Object.entries(config).flatMap(([key, value]) => (/:(nodeI|i)mage$/.test(key) ? [value] : []));
  expect([...new Set([...images, ...named])].length, JSON.stringify({ images, named })).to.be.at.most(1);
}
