import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { VnicError } from "../base/errors.ts";

/* The one place on the node that starts processes. Arguments are arrays and never pass a shell. */

/** Runs a program to its end and answers with its stdout; see {@link start}. */
export function run(program: string, args: readonly string[], input = ""): Promise<string> {
  return start(program, args).finish(input);
}

/** A program that has begun and waits for its input. */
export interface Started {
  /** Gives it its input, and answers with its stdout when it has ended. */
  finish(input: string): Promise<string>;
}

/** A program that runs on, and says something now and then. */
export interface Lasting {
  signal(name: NodeJS.Signals): void;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
}

/** Starts a program that runs until it is told to end, and hands on the lines of its stdout and of its stderr. */
export function startLasting(
  program: string,
  args: readonly string[],
  hear: { readonly stdout: (line: string) => void; readonly stderr: (line: string) => void },
): Lasting {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: environment() });
  createInterface({ input: child.stdout }).on("line", hear.stdout);
  createInterface({ input: child.stderr }).on("line", hear.stderr);
  const ended = new Promise<string>((resolve) => {
    child.on("error", (cause) => resolve(`running ${program}: ${cause.message}`));
    child.on("close", (code, signal) => resolve(`${program} ended by ${signal ?? `exit code ${code}`}`));
  });
  return { signal: (name) => void child.kill(name), ended };
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: "C" };
}

/**
 * Starts a program that reads its stdin. A non-zero exit is an error in the program's own words.
 */
export function start(program: string, args: readonly string[]): Started {
  const child = spawn(program, args, { stdio: "pipe", env: environment() });
  const outputs: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => outputs.push(chunk));
  // The program may end before it has read all; its exit code tells the story.
  child.stdin.on("error", () => undefined);
  const ended = endOf(child, program, args).then(() => Buffer.concat(outputs).toString());
  // Heard when it is finished; until then a failure is nobody's.
  ended.catch(() => undefined);
  return {
    finish: (input) => {
      child.stdin.end(input);
      return ended;
    },
  };
}

/** Waits for a program's end; a non-zero exit is an error in the program's own words. */
function endOf(child: ChildProcessWithoutNullStreams, program: string, args: readonly string[]): Promise<void> {
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(new VnicError("failed", `running ${program}: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      const words = Buffer.concat(errors).toString().trim().replaceAll("\n", "; ");
      const how = words || `ended by ${signal ?? `exit code ${code}`}`;
      return reject(new VnicError("failed", `${[program, ...args].join(" ")}: ${how}`));
    });
  });
}
