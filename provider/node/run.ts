import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import pLimit from "p-limit";
import { boundedLines } from "./bounded-lines.ts";
import { VnicError } from "../base/errors.ts";
import { inProgramTurn, mayStartAhead } from "./slots.ts";

/* The only place on the node that starts processes. Arguments are arrays and never pass through a shell. */

/** The functions that start processes. */
export interface Programs {
  start(program: string, args: readonly string[]): Started;
  startLongRunning(program: string, args: readonly string[], callbacks: LineCallbacks): LongRunning;
}

/** Callbacks for each line that a program prints. */
export interface LineCallbacks {
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
}

const real: Programs = { start: spawnOnce, startLongRunning: spawnLongRunning };
let programs = real;

/** Replaces the functions that start programs, for tests without a kernel; `undefined` restores the real ones. */
export function usePrograms(others: Programs | undefined): void {
  programs = others ?? real;
}

/**
 * Runs a program to its end and returns its stdout. A non-zero exit code becomes an error with the program's own message;
 * too much output or time is an error as well.
 */
export function run(program: string, args: readonly string[], input = ""): Promise<string> {
  return inProgramTurn(() => programs.start(program, args).finish(input));
}

/** A program that was started and waits for its input. */
export interface Started {
  /** Passes the input, and resolves to the program's stdout when it has ended. */
  finish(input: string): Promise<string>;
}

/** A long-running program. */
export interface LongRunning {
  signal(name: NodeJS.Signals): void;
  /** Resolves to a description of how it ended. */
  readonly ended: Promise<string>;
}

/**
 * Longest line that is read from a program, in characters. A DHCP client's event has some thousands, partly written by
 * a server.
 */
const maxLineLength = 2 ** 14;

/** Starts a long-running program and passes on the lines of its stdout and stderr. */
export function startLongRunning(program: string, args: readonly string[], callbacks: LineCallbacks): LongRunning {
  return programs.startLongRunning(program, args, callbacks);
}

function spawnLongRunning(program: string, args: readonly string[], callbacks: LineCallbacks): LongRunning {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: environment() });
  child.stdout.on("data", boundedLines(maxLineLength, callbacks.stdout));
  child.stderr.on("data", boundedLines(maxLineLength, callbacks.stderr));
  const ended = new Promise<string>((resolve) => {
    child.on("error", (cause) => resolve(`running ${program}: ${cause.message}`));
    child.on("close", (code, signal) => resolve(`${program} ended by ${signal ?? `exit code ${code}`}`));
  });
  return { signal: (name) => void child.kill(name), ended };
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: "C" };
}

/** Limit of a program's output in bytes, enough for some 16 000 links. A pod with more gets an error. */
const maxOutputBytes = 16 * 2 ** 20;
const maxStderrBytes = 2 ** 14;
/**
 * Output beyond this many bytes is read from one program at a time. Pods can make `ip` print much, and the process that
 * reads it serves all pods of the node with little memory.
 */
const largeOutputBytes = 2 ** 20;
const oneLargeOutput = pLimit(1);
/** How long a program may run after it got its input. It may list a pod's links, or wait for the kernel's lock. */
const timeoutMilliseconds = 60_000;

/**
 * Starts a program that does nothing until it gets its input, ahead of that; otherwise like {@link run}. If the current
 * request may not do that, the program is only started then.
 */
export function start(program: string, args: readonly string[]): Started {
  let started = mayStartAhead() ? programs.start(program, args) : undefined;
  return { finish: (input) => inProgramTurn(() => (started ??= programs.start(program, args)).finish(input)) };
}

function spawnOnce(program: string, args: readonly string[]): Started {
  const child = spawn(program, args, { stdio: "pipe", env: environment() });
  const outputs: Buffer[] = [];
  const limits = { bytes: 0, exceeded: undefined as string | undefined };
  const end = (why: string) => {
    limits.exceeded ??= why;
    child.kill("SIGKILL");
  };
  child.stdout.on("data", (chunk: Buffer) => {
    limits.bytes += chunk.length;
    if (limits.bytes > maxOutputBytes) end(`ended, as it printed more than ${maxOutputBytes / 2 ** 20} MiB`);
    else outputs.push(chunk);
    if (limits.bytes > largeOutputBytes) waitForTurn();
  });
  let waitForTurn = (): void => {
    waitForTurn = () => undefined;
    child.stdout.pause();
    // What awaits the program has parsed its output before the next turn begins.
    const untilParsed = () => ended.catch(() => undefined).then(() => new Promise((resolve) => setImmediate(resolve)));
    void oneLargeOutput(() => {
      child.stdout.resume();
      return untilParsed();
    });
  };
  // The program may end before it has read everything. Its exit code says whether that is a failure.
  child.stdin.on("error", () => undefined);
  let late: NodeJS.Timeout | undefined;
  const ended = endOf(child, program, args, limits)
    .then(() => Buffer.concat(outputs).toString())
    .finally(() => clearTimeout(late));
  // `finish` reports a failure; before that it must not be an unhandled rejection.
  ended.catch(() => undefined);
  return {
    finish: (input) => {
      child.stdin.end(input);
      late = setTimeout(() => end(`ended after ${timeoutMilliseconds / 1000} s`), timeoutMilliseconds);
      return ended;
    },
  };
}

/** Waits for a program's end; a non-zero exit code becomes an error with the program's own message. */
function endOf(
  child: ChildProcessWithoutNullStreams,
  program: string,
  args: readonly string[],
  limits: { readonly exceeded: string | undefined },
): Promise<void> {
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(0, maxStderrBytes)));
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(new VnicError("failed", `running ${program}: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      if (code === 0 && limits.exceeded === undefined) return resolve();
      const words = stderr.trim().replaceAll("\n", "; ");
      const how = limits.exceeded ?? (words || `ended by ${signal ?? `exit code ${code}`}`);
      return reject(new VnicError("failed", `${[program, ...args].join(" ")}: ${how}`));
    });
  });
}
