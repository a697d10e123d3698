import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Host, type Output } from "../lab/index.ts";
import { labNumber } from "../lab/layout.ts";
import { ensureKubernetes } from "../lab/programs.ts";
import { must, run } from "../lab/run.ts";

/** A second cluster with networks of its own, beside this process's lab. */
export interface AnotherLab {
  readonly kubeconfig: string;
  kubectl(argv: readonly string[], input?: string): Promise<Output>;
  exec(host: Host, argv: readonly string[]): Promise<Output>;
  down(): Promise<void>;
}

/** Starts it. Its commands are processes of their own, as a process has the names of one lab only. */
export async function anotherLab(): Promise<AnotherLab> {
  const program = join(import.meta.dirname, "..", "lab", "main.ts");
  // A number that nobody else takes: checkouts count from 0.
  const env = { ...process.env, PULUMI_VNIC_LAB: String((labNumber + 16) % 32) };
  const inherit = async (command: "up" | "down") => {
    const child = spawn(process.execPath, [program, command], { env, stdio: ["ignore", "ignore", "inherit"] });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`another lab: ${command} failed; its own words are above`);
  };
  await inherit("up").catch(async (error: unknown) => {
    await inherit("down");
    throw error;
  });
  const kubeconfig = (await must([process.execPath, program, "kubeconfig"], { env })).trim();
  const kubectl = join(await ensureKubernetes(), "kubectl");
  return {
    kubeconfig,
    kubectl: (argv, input) =>
      run([kubectl, `--kubeconfig=${kubeconfig}`, ...argv], input === undefined ? {} : { input }),
    exec: (host, argv) => run([process.execPath, program, "exec", host, "--", ...argv], { env }),
    down: () => inherit("down"),
  };
}
