import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stack } from "../support/stack.ts";

const checkout = join(import.meta.dirname, "..", "..");

/** The resource kinds of the package, by the entry point that their stubs import. */
const entries = { provider: "vnic", network: "network", "vnic-set": "vnic-set" } as const;

/**
 * A stack of the real engine without a cluster. The project's `pulumi-vnic` is the built package with its own check and
 * diff. The other hooks succeed at once, and return outputs like those of a cluster.
 */
export class Project {
  readonly stack: Stack;
  private readonly folder: string;

  private constructor(stack: Stack, folder: string) {
    this.stack = stack;
    this.folder = folder;
  }

  static async create(env: NodeJS.ProcessEnv = {}): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), "vnic-preview-"));
    await writeFile(
      join(folder, "Pulumi.yaml"),
      "name: vnic-preview\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    await symlinkPackages(join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(join(folder, "index.js"), "");
    const stack = await Stack.create({
      kubeconfig: join(folder, "no-kubeconfig"),
      project: folder,
      env: { PULUMI_DEBUG_COMMANDS: "true", ...env },
    });
    return new Project(stack, folder);
  }

  /** Sets the program's statements, which may use `pulumi`, `Vnic`, `Network`, `VnicSet` and `Source`. */
  async program(text: string): Promise<void> {
    const source = await readFile(join(import.meta.dirname, "source.js"), "utf8");
    await writeFile(
      join(this.folder, "index.js"),
      `const pulumi = require("@pulumi/pulumi");\nconst { Network, Vnic, VnicSet } = require("pulumi-vnic");\n${source}\n${text}\n`,
    );
  }

  /** The path of a file beside the state, for a saved plan. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** Runs the engine, and returns the operation on each of our resources that it has done or planned, by name. */
  async ops(...words: string[]): Promise<Record<string, string>> {
    const { ops, output, code } = await this.run(...words);
    if (code !== 0) throw new Error(`pulumi ${words.join(" ")}: exit code ${code}\n${output}`);
    return ops;
  }

  async run(...words: string[]): Promise<{ ops: Record<string, string>; output: string; code: number }> {
    await rm(this.events, { force: true });
    const { code, stdout, stderr } = await this.stack.pulumi(...words, "--event-log", this.events);
    const ops: Record<string, string> = {};
    for (const { op, urn } of await this.steps())
      ops[urn.split("::").at(-1) ?? ""] = op.includes("replace") ? "replace" : op;
    return { ops, output: stdout + stderr, code };
  }

  private get events(): string {
    return this.file("events.json");
  }

  /** The steps on our resources that the last run of the engine has planned or done. */
  private async steps(): Promise<Step[]> {
    const lines = (await readFile(this.events, "utf8").catch(() => "")).split("\n").filter(Boolean);
    return lines
      .map((line) => (JSON.parse(line) as EngineEvent).resourcePreEvent?.metadata)
      .filter((step) => step !== undefined)
      .filter(({ type, op }) => type.startsWith("pulumi-nodejs:dynamic/vnic:") && op !== "refresh");
  }

  /** Runs the engine, and returns the operation and the inputs of each of our resources, by the name of its record. */
  async planned(...words: string[]): Promise<Map<string, { op: string; inputs: Record<string, unknown> }>> {
    await this.ops(...words);
    const steps = (await this.steps()).map(({ op, new: state }) => ({ op, inputs: state?.inputs ?? {} }));
    return new Map(steps.map((step) => [String(step.inputs["name"]), step]));
  }

  async remove(): Promise<void> {
    await this.stack.remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: Step };
}

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly new?: { readonly inputs?: Record<string, unknown> };
}

/** Links the checkout's packages, and ours with a simulated cluster. */
async function symlinkPackages(modules: string): Promise<void> {
  await mkdir(join(modules, "pulumi-vnic"), { recursive: true });
  await symlink(join(checkout, "node_modules", "@pulumi"), join(modules, "@pulumi"));
  await cp(join(import.meta.dirname, "answering-cluster.mjs"), join(modules, "pulumi-vnic", "answering-cluster.mjs"));
  const exported: [string, string][] = Object.keys(entries).map((entry) => [`./${entry}`, `./${entry}.mjs`]);
  await writeFile(
    join(modules, "pulumi-vnic", "package.json"),
    JSON.stringify({
      name: "pulumi-vnic",
      version: "0.0.0",
      exports: { ".": "./sdk.mjs", ...Object.fromEntries(exported) },
    }),
  );
  await writeFile(join(modules, "pulumi-vnic", "sdk.mjs"), `export * from ${quoted("dist/sdk/index.js")};\n`);
  for (const [entry, hooks] of Object.entries(entries))
    await writeFile(
      join(modules, "pulumi-vnic", `${entry}.mjs`),
      [
        `export { configure, check, diff } from ${quoted(`dist/hooks/${hooks}.mjs`)};`,
        `import { answering } from "./answering-cluster.mjs";`,
        `const hooks = answering(${JSON.stringify(hooks)});`,
        `export const { create, update, read } = hooks;`,
        `const remove = hooks.delete;`,
        `export { remove as delete };\n`,
      ].join("\n"),
    );
}

function quoted(path: string): string {
  return JSON.stringify(join(checkout, path));
}
