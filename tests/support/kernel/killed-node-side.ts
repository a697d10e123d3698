import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Answer, EjectPlan, InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { nodeSideScript } from "./session.ts";
import type { World } from "./world.ts";

const tools = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The programs that the node side runs. */
const programs = ["ip", "nsenter", "sysctl", "mount"];

/**
 * Where to kill the node side: at one of the programs that it runs, or just before one of its calls that make a file
 * durable.
 */
export type Crash =
  | {
      /** The number of the call, from 1 in the order in which calls start. */
      readonly call: number;
      readonly moment: "before" | "after";
      /** Instead of killing the node side, removes this network namespace, as a runtime does when its pod ends. */
      readonly endsPod?: string;
    }
  | { readonly call: number; readonly sync: "fsync" | "rename" };

export interface NodeSideRun {
  readonly answers: Answer[];
  /** The number of programs that the node side ran. */
  readonly calls: number;
}

/**
 * Runs the node side in its own process, with one request. `crash` kills the process by SIGKILL at one point. For a
 * program, that is just before or after the program runs: the programs on PATH are wrappers that count, and then run
 * the real ones. For fsync(2) or rename(2), it is just before the n-th call: strace(1) sends the signal.
 */
export async function runNodeSide(
  { node, root }: World,
  verb: "inject" | "eject",
  plan: InjectPlan | EjectPlan,
  crash?: Crash,
): Promise<NodeSideRun> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-crash-"));
  try {
    await mkdir(join(folder, "bin"));
    for (const program of programs) {
      const path = join(folder, "bin", program);
      await writeFile(path, standIn(folder, program, crash));
      await chmod(path, 0o755);
    }
    const environment = [
      `PATH=${join(folder, "bin")}:${tools}`,
      `VNIC_HOST_ROOT=${root}`,
      // One thread for file operations, because strace counts the calls of each thread separately.
      "UV_THREADPOOL_SIZE=1",
    ];
    const input = `${JSON.stringify({ id: 1, verb, plan })}\n`;
    const tracer = crash && "sync" in crash ? killerAt(crash) : [];
    const argv = ["env", "-i", ...environment, ...tracer, process.execPath, nodeSideScript];
    const { stdout } = await node.exec(argv, { input, timeoutSeconds: 30 });
    const count = await readFile(join(folder, "calls"), "utf8").catch(() => "");
    const answers = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Answer);
    return { answers, calls: count.split("\n").filter(Boolean).length };
  } finally {
    // A wrapper may still be running and write into the folder.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function killerAt({ call, sync }: { readonly call: number; readonly sync: string }): string[] {
  const rule = `inject=${sync}:signal=KILL:when=${call}`;
  return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${sync}`, "-e", rule];
}

const disturbance = ({ endsPod }: { readonly endsPod?: string }): string =>
  endsPod === undefined ? "kill -9 $PPID && exit 1" : `${tools.split(":")[0]}/ip netns delete ${endsPod}`;

function standIn(folder: string, program: string, crash: Crash | undefined): string {
  const kill = (moment: "before" | "after") =>
    crash && "moment" in crash && crash.moment === moment ? `test $n -eq ${crash.call} && ${disturbance(crash)}` : "";
  // A probe changes nothing, and is killed by the node side when it gets no answer.
  return `#!/bin/sh
case "$*" in *arping*) PATH=${tools} exec ${program} "$@" ;; esac
exec 9>>${folder}/lock; flock 9
echo ${program} >>${folder}/calls
n=$(wc -l <${folder}/calls)
exec 9>&-
${kill("before")}
PATH=${tools} ${program} "$@"
code=$?
${kill("after")}
exit $code
`;
}

/**
 * All points at which the node side can be killed: before and after each program that an undisturbed run starts.
 * `prepare` runs before each injection.
 */
export async function everywhere(
  world: World,
  planOf: () => InjectPlan,
  check: (plan: InjectPlan, crash: Crash) => Promise<void>,
  prepare: (plan: InjectPlan) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const checkOne = async (plan: InjectPlan, crash: Crash) => {
    await prepare(plan);
    await check(plan, crash);
  };
  const undisturbed = planOf();
  await prepare(undisturbed);
  const { answers, calls } = await runNodeSide(world, "inject", undisturbed);
  expect(answers.at(-1), JSON.stringify(answers)).to.have.property("result");
  await runNodeSide(world, "eject", { vnic: undisturbed.vnic });
  expect(await world.remains()).to.deep.equal([]);
  expect(calls).to.be.greaterThan(4);
  for (let call = 1; call <= calls; call++)
    for (const moment of ["before", "after"] as const)
      await checkOne(planOf(), { call, moment }).catch((error: unknown) => {
        throw new Error(`killed ${moment} call ${call} of ${calls}: ${(error as Error).message}`, { cause: error });
      });
}
