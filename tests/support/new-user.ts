import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePulumi } from "../lab/index.ts";
import { ensureKubernetes } from "../lab/programs.ts";
import { type Output, run } from "../lab/run.ts";
import { root } from "./documents.ts";
import { engineEnvironment } from "./stack.ts";

/** The empty folder of a new user, and the commands that the documentation tells them to run there. */
export class NewUser {
  readonly folder: string;
  readonly project: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly placeholders: readonly (readonly [placeholder: string, value: string])[];

  private constructor(folder: string, env: NodeJS.ProcessEnv, placeholders: NewUser["placeholders"]) {
    this.folder = folder;
    this.project = join(folder, "project");
    this.env = env;
    this.placeholders = placeholders;
  }

  /** Creates the folder. The packed package lies beside it, where the documentation has `<path>`. */
  static async arrive(kubeconfig: string): Promise<NewUser> {
    const folder = await mkdtemp(join(tmpdir(), "vnic-new-user-"));
    for (const part of ["project", "packed", "state", "home"]) await mkdir(join(folder, part));
    const packed = join(folder, "packed");
    const env = engineEnvironment(folder, [await ensurePulumi(), await ensureKubernetes()]);
    const user = new NewUser(folder, { ...env, KUBECONFIG: kubeconfig, NODE_NO_WARNINGS: "1" }, [
      ["<path>", packed],
      ["<your registry>", "localhost"],
    ]);
    const pack = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", packed];
    const { code, stderr } = await run(pack, { cwd: root });
    if (code !== 0) throw new Error(`npm pack: ${stderr}`);
    return user;
  }

  /** Runs a line of the shell. */
  run(line: string): Promise<Output> {
    return run(["sh", "-c", line], { cwd: this.project, env: this.env, timeoutSeconds: 600 });
  }

  /** Runs a line of the shell, which must succeed; returns its output. */
  async must(line: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(line);
    if (code !== 0) throw new Error(`${line}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** A command as a page of the documentation has it, with values in place of its placeholders. */
  async documented(page: string, command: string): Promise<string> {
    const text = await readFile(join(root, "docs", `${page}.md`), "utf8");
    if (!text.includes(command)) throw new Error(`docs/${page}.md doesn't tell: ${command}`);
    return this.placeholders.reduce((line, [placeholder, value]) => line.replaceAll(placeholder, value), command);
  }

  leave(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
