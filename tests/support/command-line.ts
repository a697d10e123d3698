import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const root = join(import.meta.dirname, "..", "..");

/**
 * The program `pulumi-vnic` as it is in the package. It needs half of the time that its source needs, which is used for
 * coverage alone.
 */
export const commandScript = process.env["NODE_V8_COVERAGE"]
  ? join(root, "provider", "cli", "main.ts")
  : join(root, "dist", "provider", "cli", "main.js");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command `pulumi-vnic` as a user would. */
export async function runCommand(
  argv: readonly string[],
  { kubeconfig, input = "" }: { readonly kubeconfig?: string; readonly input?: string } = {},
): Promise<Ran> {
  const env = {
    ...process.env,
    NODE_NO_WARNINGS: "1",
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  };
  const child = spawn(process.execPath, [commandScript, ...argv], { env, stdio: "pipe" });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
