import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { kill } from "../lab/child.ts";

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

export interface RunCommandOptions {
  readonly kubeconfig?: string | undefined;
  readonly input?: string;
  /** Options of Node.js. */
  readonly nodeOptions?: readonly string[] | undefined;
}

const environment = (kubeconfig: string | undefined): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_NO_WARNINGS: "1",
  ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
});

/** What decides on colours, as on a user's terminal: Node.js asks NO_COLOR, CI and about ten more variables. */
const terminalEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  TERM: "xterm-256color",
  NODE_NO_WARNINGS: "1",
});

/** Options of Node.js with which it says that it is version 20.20.2, which is too old for our package. */
export const asOldNode = [
  `--import=data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`,
  )}`,
];

/** Runs the command `pulumi-vnic` as a user would. */
export async function runCommand(
  argv: readonly string[],
  { kubeconfig, input = "", nodeOptions = [] }: RunCommandOptions = {},
): Promise<Ran> {
  const words = [...nodeOptions, commandScript, ...argv];
  const child = spawn(process.execPath, words, { env: environment(kubeconfig), stdio: "pipe" });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** A command that runs until it is stopped. */
export interface Following {
  /** What it has printed so far. */
  readonly printed: string;
  stop(): Promise<void>;
}

/**
 * Starts a command that doesn't end by itself. On a `terminal`, it prints to one that shows colours, instead of a pipe,
 * whatever the tests themselves print to.
 */
export function followCommand(
  argv: readonly string[],
  { kubeconfig, terminal = false }: { readonly kubeconfig: string; readonly terminal?: boolean },
): Following {
  const command = [process.execPath, commandScript, ...argv];
  const [program = "", ...words] = terminal
    ? ["script", "--quiet", "--return", "--command", command.join(" "), "/dev/null"]
    : command;
  const env = terminal ? { ...terminalEnvironment(), KUBECONFIG: kubeconfig } : environment(kubeconfig);
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return {
    get printed() {
      return Buffer.concat(chunks).toString();
    },
    stop: () => kill(child, "SIGTERM"),
  };
}
