import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stack } from "../support/stack.ts";

const checkout = join(import.meta.dirname, "..", "..");

const program = `
const pulumi = require("@pulumi/pulumi");
const provider = { create: async (inputs) => ({ id: inputs.name, outs: inputs }) };
class Nothing extends pulumi.dynamic.Resource {}
const count = JSON.parse(require("fs").readFileSync("count.json", "utf8"));
for (let i = 0; i < count; i++) new Nothing(provider, "nothing-" + i, { name: "nothing-" + i });
`;

/** The control of the engine: a stack of dynamic resources that do nothing. */
export class DoNothing {
  readonly stack: Stack;
  private readonly project: string;

  private constructor(stack: Stack, project: string) {
    this.stack = stack;
    this.project = project;
  }

  /** `env`: of the engine, beside what it needs. */
  static async create(kubeconfig: string, env: NodeJS.ProcessEnv = {}): Promise<DoNothing> {
    const project = await mkdtemp(join(tmpdir(), "vnic-nothing-"));
    await writeFile(join(project, "Pulumi.yaml"), "name: do-nothing\nruntime: nodejs\n");
    await writeFile(join(project, "index.js"), program);
    await symlink(join(checkout, "node_modules"), join(project, "node_modules"));
    return new DoNothing(await Stack.create({ kubeconfig, project, env }), project);
  }

  /** How many the program declares from the next run on. */
  async declare(count: number): Promise<void> {
    await writeFile(join(this.project, "count.json"), JSON.stringify(count));
  }

  async remove(): Promise<void> {
    await this.stack.remove();
    await rm(this.project, { recursive: true, force: true });
  }
}
