import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Answer, EjectPlan, InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { run, until } from "../../lab/run.ts";
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
    await awaitPrograms(folder);
    const count = await readFile(join(folder, "calls"), "utf8").catch(() => "");
    return { answers, calls: count.split("\n").filter(Boolean).length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Waits for the programs that a killed process has left, which could otherwise still change links while the next process
 * works. In a container they end with it. All of them have the wrappers' folder in PATH.
 */
async function awaitPrograms(folder: string): Promise<void> {
  await until("the node side's programs to end", 60, async () => {
    const { stdout } = await run(["sh", "-c", `grep -slF ${folder} /proc/[0-9]*/environ`]);
    return stdout === "" || undefined;
  });
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
  const path = `${tools}:${folder}`;
  // A probe changes nothing, and is killed by the node side when it gets no answer. Links are listed again and again until
  // the kernel has brought one up, which takes more or less long, so repetitions aren't counted.
  return `#!/bin/sh
case "$*" in *arping*) PATH=${path} exec ${program} "$@" ;; esac
exec 9>>${folder}/lock; flock 9
case "$*" in *"-j -d address show") test "$(tail -n 1 ${folder}/calls)" = "${program} $*" && PATH=${path} exec ${program} "$@" 9>&- ;; esac
echo "${program} $*" >>${folder}/calls
n=$(wc -l <${folder}/calls)
exec 9>&-
${kill("before")}
PATH=${path} ${program} "$@"
code=$?
${kill("after")}
exit $code
`;
}

/**
 * Kills the node side during an injection, before and after each program that it starts; `check` says what must hold
 * then. How many programs it starts, and in which order, can differ between runs. `prepare` runs before each injection.
 */
export async function everywhere(
  world: World,
  planOf: () => InjectPlan,
  check: (plan: InjectPlan, crash: ProgramCrash) => Promise<void>,
  prepare: (plan: InjectPlan) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const isKilled = async (crash: ProgramCrash): Promise<boolean> => {
    const plan = planOf();
    await prepare(plan);
    const { answers, calls } = await runCounted(world, "inject", plan, crash);
    if (calls < crash.call) {
      expect(answers.at(-1), JSON.stringify(answers)).to.have.property("result");
      await world.session.eject({ vnic: plan.vnic });
      expect(await world.remains()).to.deep.equal([]);
      return false;
    }
    expect(answers.filter((answer) => "result" in answer || "error" in answer)).to.deep.equal([]);
    await check(plan, crash);
    return true;
  };
  for (const moment of ["before", "after"] as const) {
    let call = 0;
    const killNext = () =>
      isKilled({ call: ++call, moment }).catch((error: unknown) => {
        throw new Error(`killed ${moment} call ${call}: ${(error as Error).message}`, { cause: error });
      });
    while (await killNext());
    expect(call - 1, "programs that were started").to.be.greaterThan(4);
  }
}
