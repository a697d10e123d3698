import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stack } from "../support/stack.ts";

const checkout = join(import.meta.dirname, "..", "..");

/** The smallest possible dynamic provider, and one with as many hooks as ours. */
const providers = {
  least: `{ create: async (inputs) => ({ id: inputs.name, outs: inputs }) }`,
  complete: `{
  configure: async () => {},
  check: async (olds, { __provider, ...inputs }) => ({ inputs }),
  diff: async (id, olds, news) => ({ changes: false }),
  create: async (inputs) => ({ id: inputs.name, outs: inputs }),
  read: async (id, { __provider, ...props }) => ({ id, props, inputs: props }),
  update: async (id, olds, news) => ({ outs: news }),
  delete: async () => {},
}`,
};

const programWith = (provider: string) => `
const pulumi = require("@pulumi/pulumi");
const provider = ${provider};
class Nothing extends pulumi.dynamic.Resource {}
const { count, properties } = JSON.parse(require("fs").readFileSync("declared.json", "utf8"));
for (let i = 0; i < count; i++) new Nothing(provider, "nothing-" + i, { ...properties, name: "nothing-" + i });
`;

export interface DoNothingOptions {
  readonly kubeconfig: string;
  /** Additional environment of the engine. */
  readonly env?: NodeJS.ProcessEnv;
  /** Which provider to use. @default "least" */
  readonly provider?: keyof typeof providers;
  /** Time limit of each command. @default 600 */
  readonly timeoutSeconds?: number;
}

/** A stack of dynamic resources that do nothing, to measure the engine alone. */
export class DoNothing {
  readonly stack: Stack;
  private readonly project: string;

  private constructor(stack: Stack, project: string) {
    this.stack = stack;
    this.project = project;
  }

  static async create({
    kubeconfig,
    env = {},
    provider = "least",
    timeoutSeconds = 600,
  }: DoNothingOptions): Promise<DoNothing> {
    const project = await mkdtemp(join(tmpdir(), "vnic-nothing-"));
    await writeFile(
      join(project, "Pulumi.yaml"),
      "name: do-nothing\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    await writeFile(join(project, "index.js"), programWith(providers[provider]));
    await symlink(join(checkout, "node_modules"), join(project, "node_modules"));
    return new DoNothing(await Stack.create({ kubeconfig, project, env, timeoutSeconds }), project);
  }

  /** Sets the number of declared resources for the next run, and their additional properties. */
  async declare(count: number, properties: object = {}): Promise<void> {
    await writeFile(join(this.project, "declared.json"), JSON.stringify({ count, properties }));
  }

  async remove(): Promise<void> {
    await this.stack.remove();
    await rm(this.project, { recursive: true, force: true });
  }
}
