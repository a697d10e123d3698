import { spawn } from "node:child_process";

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Uint8Array;
  timeoutSeconds?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/** Runs a program and returns its output. A program that can't be started is an error; a non-zero exit code isn't. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: "pipe",
      cwd: options.cwd,
      env: options.env ?? process.env,
      timeout: options.timeoutSeconds === undefined ? undefined : options.timeoutSeconds * 1000,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (cause) => reject(new Error(`running ${program}: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      const words = Buffer.concat(stderr).toString();
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(stdout).toString(),
        stderr: signal === null ? words : `${words}ended by ${signal}`,
      });
    });
    // The program may end without reading its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** Like `run`, for a program that must succeed: returns its stdout, or throws its stderr. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await run(argv, options);
  if (output.code !== 0) {
    const words = (output.stderr.trim() || output.stdout.trim()).split("\n").slice(-20).join("\n");
    throw new Error(`running ${argv.slice(0, 6).join(" ")}: exit code ${output.code}: ${words}`);
  }
  return output.stdout;
}

/**
 * Polls until `ask` has a result. After the time limit, the error names what was awaited.
 *
 * The pause is twice as long as the last call took, from 50 to 500 ms, because calls that start programs take CPU from
 * the work that is awaited. With `brief` the pause is always 50 ms, for a state that may soon be over.
 */
export async function until<T>(
  awaited: string,
  timeoutSeconds: number,
  ask: () => T | undefined | Promise<T | undefined>,
  { brief = false }: { readonly brief?: boolean } = {},
): Promise<T> {
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const asked = performance.now();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waiting for ${awaited}: not so after ${timeoutSeconds} s`);
    const pause = brief ? 50 : Math.min(500, Math.max(50, 2 * (performance.now() - asked)));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
