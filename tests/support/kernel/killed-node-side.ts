import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Answer, EjectPlan, InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { nodeSideScript } from "./session.ts";
import type { World } from "./world.ts";

const tools = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The programs that the node side runs. */
const programs = ["ip", "bridge", "nsenter", "sysctl", "mount"];

/**
 * Where to kill the node side: at one of the programs that it runs, or just before one of its calls that make a file
 * durable.
 */
export type Crash = ProgramCrash | { readonly call: number; readonly sync: "fsync" | "rename" };

/** The death of the node side at one of the programs that it runs. */
export interface ProgramCrash {
  /** The number of the call, from 1 in the order in which calls start. */
  readonly call: number;
  readonly moment: "before" | "after";
  /** Instead of killing the node side, removes this network namespace, as a runtime does when its pod ends. */
  readonly endsPod?: string;
}

/**
 * Runs the node side in its own process, with one request. `crash` kills the process by SIGKILL at one point. For a
 * program, that is just before or after the program runs. For fsync(2) or rename(2), it is just before the n-th call:
 * strace(1) sends the signal.
 */
export async function runNodeSide(
  world: World,
  verb: "inject" | "eject",
  plan: InjectPlan | EjectPlan,
  crash?: Crash,
): Promise<Answer[]> {
  if (crash === undefined) return runWith(world, tools, [], verb, plan);
  if ("sync" in crash) return runWith(world, tools, killerAt(crash), verb, plan);
  return (await runCounted(world, verb, plan, crash)).answers;
}

/** Runs the node side with wrappers on PATH, which count the programs and then run the real ones. */
export async function runCounted(
  world: World,
  verb: "inject" | "eject",
  plan: InjectPlan | EjectPlan,
  crash?: ProgramCrash,
): Promise<{ readonly answers: Answer[]; readonly calls: number }> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-crash-"));
  try {
    await mkdir(join(folder, "bin"));
    for (const program of programs) {
      const path = join(folder, "bin", program);
      await writeFile(path, standIn(folder, program, crash));
      await chmod(path, 0o755);
    }
    const answers = await runWith(world, `${join(folder, "bin")}:${tools}`, [], verb, plan);
    const count = await readFile(join(folder, "calls"), "utf8").catch(() => "");
    return { answers, calls: count.split("\n").filter(Boolean).length };
  } finally {
    // A wrapper may still be running and write into the folder.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function runWith(
  { node, root }: World,
  path: string,
  tracer: readonly string[],
  verb: "inject" | "eject",
  plan: InjectPlan | EjectPlan,
): Promise<Answer[]> {
  const environment = [
    `PATH=${path}`,
    `VNIC_HOST_ROOT=${root}`,
    // One thread for file operations, because strace counts the calls of each thread separately.
    "UV_THREADPOOL_SIZE=1",
  ];
  const input = `${JSON.stringify({ id: 1, verb, plan })}\n`;
  const argv = ["env", "-i", ...environment, ...tracer, process.execPath, nodeSideScript];
  const { stdout } = await node.exec(argv, { input, timeoutSeconds: 300 });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Answer);
}

function killerAt({ call, sync }: { readonly call: number; readonly sync: string }): string[] {
  const rule = `inject=${sync}:signal=KILL:when=${call}`;
  return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${sync}`, "-e", rule];
}

const disturbance = ({ endsPod }: ProgramCrash): string =>
  endsPod === undefined ? "kill -9 $PPID && exit 1" : `${tools.split(":")[0]}/ip netns delete ${endsPod}`;

function standIn(folder: string, program: string, crash: ProgramCrash | undefined): string {
  const kill = (moment: "before" | "after") =>
    crash?.moment === moment ? `test $n -eq ${crash.call} && ${disturbance(crash)}` : "";
  // A probe changes nothing, and is killed by the node side when it gets no answer. Links are listed again and again until
  // the kernel has brought one up, which takes more or less long, so repetitions aren't counted.
  return `#!/bin/sh
case "$*" in *arping*) PATH=${tools} exec ${program} "$@" ;; esac
exec 9>>${folder}/lock; flock 9
case "$*" in *"-j -d address show") test "$(tail -n 1 ${folder}/calls)" = "${program} $*" && PATH=${tools} exec ${program} "$@" 9>&- ;; esac
echo "${program} $*" >>${folder}/calls
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
  const { answers, calls } = await runCounted(world, "inject", undisturbed);
  expect(answers.at(-1), JSON.stringify(answers)).to.have.property("result");
  await world.session.eject({ vnic: undisturbed.vnic });
  expect(await world.remains()).to.deep.equal([]);
  expect(calls).to.be.greaterThan(4);
  for (let call = 1; call <= calls; call++)
    for (const moment of ["before", "after"] as const)
      await checkOne(planOf(), { call, moment }).catch((error: unknown) => {
        throw new Error(`killed ${moment} call ${call} of ${calls}: ${(error as Error).message}`, { cause: error });
      });
}
