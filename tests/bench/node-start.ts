import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { nodeSideScript } from "../support/kernel/session.ts";

/** How long a new process takes, in milliseconds. */
export interface NodeStart {
  /** Node.js alone, until its first line of output. */
  readonly bare: number;
  /** The node side, until its answer to `hello`. */
  readonly hello: number;
  /** The node side, until it has checked a first plan against its schemas and refused it. */
  readonly plan: number;
}

/** Measures the start of the program that runs in a session's Job. */
export async function measureNodeStart(): Promise<NodeStart> {
  const [bare = NaN] = await timeLines(["-e", 'console.log("")'], [], 1);
  const requests = [
    { id: 1, verb: "hello" },
    { id: 2, verb: "observe", plan: {} },
  ];
  const [hello = NaN, plan = NaN] = await timeLines([nodeSideScript], requests, 2);
  return { bare, hello, plan };
}

/** Starts Node.js, writes lines of JSON to it, and returns when it had printed each of its first lines. */
async function timeLines(argv: readonly string[], input: readonly object[], count: number): Promise<number[]> {
  const beganAt = performance.now();
  const child = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  for (const value of input) child.stdin.write(`${JSON.stringify(value)}\n`);
  const times: number[] = [];
  for await (const _ of createInterface({ input: child.stdout })) {
    times.push(performance.now() - beganAt);
    if (times.length === count) break;
  }
  child.stdin.end();
  await ended;
  return times;
}
