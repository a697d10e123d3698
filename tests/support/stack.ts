import { cp, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compileCache } from "../lab/cache.ts";
import { killById } from "../lab/child.ts";
import { ensurePulumi } from "../lab/index.ts";
import { type Output, run } from "../lab/run.ts";
import {
  initStack,
  passphrase,
  type StackFiles,
  type StoredResource,
  storedResources,
  writeSettings,
} from "./file-backend.ts";

export type { StoredResource } from "./file-backend.ts";

const checkout = join(import.meta.dirname, "..", "..");

export interface StackOptions {
  readonly kubeconfig: string;
  /** Additional environment of the engine. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder with a Pulumi.yaml. @default a new project with the default program */
  readonly project?: string;
  /** JavaScript of the new project, instead of the default program, which declares `vnics.json`. */
  readonly program?: string;
  /** Folder of `examples/`: the project is a copy of it, which a test may edit. */
  readonly example?: string;
  /** Shares project and backend with another stack, which removes them. */
  readonly beside?: Stack;
  readonly name?: string;
  /** The stack's settings, as if `pulumi config set` had set them. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Time limit of each command. @default 600 */
  readonly timeoutSeconds?: number;
  /** Folders with additional plugins for the engine. */
  readonly plugins?: readonly string[];
}

/** One entry of `vnics.json`, which the tests' program declares. */
export interface DeclaredVnic {
  readonly resource: string;
  readonly args?: object;
  /** ID of a Vnic that is only read, instead of its arguments. */
  readonly get?: string;
  readonly options?: object;
}

const declaring = `
const pulumi = require("@pulumi/pulumi");
const { Vnic } = require("pulumi-vnic");
for (const { resource, args, get, options } of JSON.parse(require("fs").readFileSync("vnics.json", "utf8"))) {
  const made = get ? Vnic.get(resource, get, options) : new Vnic(resource, args, options);
  exports[resource] = made.interface;
}
`;

/** Environment of an engine that stores its state only at the end of a run, and not after each resource. */
export const withoutCheckpoints = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" } as const;

/** Whether a user would copy a file of an example. */
function isSource(path: string): boolean {
  return !/\/(node_modules|Pulumi\.[^/]+\.yaml)$/.test(path);
}

/** The environment of an engine that keeps its state and settings in a folder, with further folders on its PATH. */
export function engineEnvironment(folder: string, path: readonly string[]): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [...path, dirname(process.execPath), process.env.PATH].join(":"),
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Without this, every run would look for each package's plugin in node_modules, and retry if there is no network.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Each run would take another 2 s of CPU for checking the types of an example, which tests/provider does anyway.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    NODE_COMPILE_CACHE: compileCache,
  };
}

/**
 * A stack of the real engine with its own file backend: state, settings and project are all in one temporary folder.
 */
export class Stack {
  readonly folder: string;
  readonly name: string;
  private readonly project: string;
  private readonly env: NodeJS.ProcessEnv;
  private timeoutSeconds = 600;

  private constructor(folder: string, project: string, name: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.project = project;
    this.name = name;
    this.env = env;
  }

  static async create(options: StackOptions): Promise<Stack> {
    const {
      kubeconfig,
      env = {},
      project,
      program = declaring,
      example,
      beside,
      name = "test",
      config = {},
      plugins = [],
    } = options;
    const bin = await ensurePulumi();
    const folder = beside?.folder ?? (await mkdtemp(join(tmpdir(), "vnic-stack-")));
    if (!beside) await Promise.all(["state", "home", "project"].map((part) => mkdir(join(folder, part))));
    const stack = new Stack(folder, project ?? join(folder, "project"), name, {
      ...engineEnvironment(folder, [...plugins, bin]),
      PULUMI_STACK: name,
      KUBECONFIG: kubeconfig,
      ...env,
    });
    stack.timeoutSeconds = options.timeoutSeconds ?? stack.timeoutSeconds;
    if (example && !beside) {
      await cp(join(checkout, "examples", example), stack.project, { recursive: true, filter: isSource });
      await symlink(join(checkout, "node_modules"), join(stack.project, "node_modules"));
    } else if (!project && !beside) {
      await writeFile(
        join(stack.project, "Pulumi.yaml"),
        "name: vnic-test\nruntime: { name: nodejs, options: { typescript: false } }\n",
      );
      await writeFile(join(stack.project, "index.js"), program);
      await stack.declare([]);
      await symlink(join(checkout, "node_modules"), join(stack.project, "node_modules"));
    }
    await initStack(stack.files);
    await writeSettings(stack.files, stack.settings, config);
    return stack;
  }

  private get files(): StackFiles {
    return { backend: join(this.folder, "state"), project: this.project, name: this.name };
  }

  /** The path of the stack's settings file. For a project in the checkout it isn't the engine's default. */
  get settings(): string {
    return join(this.folder, "project", `Pulumi.${this.name}.yaml`);
  }

  /** Sets the Vnics that the program declares from the next run on. */
  async declare(vnics: readonly DeclaredVnic[]): Promise<void> {
    await writeFile(join(this.project, "vnics.json"), JSON.stringify(vnics));
  }

  /** Runs the Pulumi CLI. */
  pulumi(...argv: string[]): Promise<Output> {
    return run(this.argv(...argv), { cwd: this.project, env: this.env, timeoutSeconds: this.timeoutSeconds });
  }

  /** The arguments of a command, for a test that starts the command itself. */
  argv(...argv: string[]): string[] {
    const settings = ["stack", "cancel", "state"].includes(argv[0] ?? "") ? [] : ["--config-file", this.settings];
    return ["pulumi", ...argv, "--non-interactive", "--color=never", ...settings];
  }

  get spawnOptions(): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: this.project, env: this.env };
  }

  /** Like {@link pulumi}, for a command that must succeed; returns its output. */
  async must(...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.pulumi(...argv);
    if (code !== 0) throw new Error(`pulumi ${argv.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  up(...more: string[]): Promise<string> {
    return this.must("up", "--yes", "--skip-preview", ...more);
  }

  destroy(...more: string[]): Promise<string> {
    return this.must("destroy", "--yes", "--skip-preview", ...more);
  }

  /** The Vnics, or resources of another kind, in state, by name. */
  async vnics(kind: "Vnic" | "VnicSet" = "Vnic"): Promise<StoredResource[]> {
    const own = (await this.resources()).filter(({ type }) => type === `pulumi-nodejs:dynamic/vnic:${kind}`);
    return own.sort((one, other) => one.urn.localeCompare(other.urn));
  }

  /** All resources in state. */
  resources(): Promise<StoredResource[]> {
    return storedResources(this.files);
  }

  /** The stack's outputs, except for secrets. */
  async outputs(): Promise<Record<string, unknown>> {
    const root = (await this.resources()).find(({ type }) => type === "pulumi:pulumi:Stack");
    return root?.outputs ?? {};
  }

  /** The value of one output. */
  async output(name: string): Promise<unknown> {
    return (await this.outputs())[name];
  }

  /** Removes the folder; the stack's resources must have been destroyed before. */
  async remove(): Promise<void> {
    await this.endProviders();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends provider processes in this stack's project, which outlive an engine that was killed. */
  private async endProviders(): Promise<void> {
    const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const folders = await Promise.all(processes.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
    processes.forEach((pid, index) => {
      if (folders[index]?.startsWith(join(this.folder, "project"))) killById(Number(pid));
    });
  }
}
