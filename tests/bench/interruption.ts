import { readdirSync, readFileSync } from "node:fs";

/** A running process, as `/proc/<pid>/stat` describes it. */
interface Process {
  readonly pid: number;
  readonly program: string;
  readonly parent: number;
  readonly session: number;
}

/**
 * Makes SIGINT and SIGTERM end the programs that this process has started. The first signal cancels the engine that is
 * running, if there is one, so that the benchmark fails and cleans up after itself. Otherwise, and at a further signal,
 * everything ends at once. The lab's programs go on, because each has a session of its own.
 */
export function endChildrenWhenInterrupted(): void {
  let isInterrupted = false;
  const end = (): void => {
    const started = descendants(runningProcesses(), process.pid);
    const engines = started.filter(({ program, parent }) => program === "pulumi" && parent === process.pid);
    if (!isInterrupted && engines.length > 0) {
      isInterrupted = true;
      console.error(
        "interrupted: the engine is cancelled, and its resources are removed; interrupt again to end at once",
      );
      for (const { pid } of engines) send(pid, "SIGINT");
      return;
    }
    for (const { pid } of started) send(pid, "SIGKILL");
    // Runs what is registered for the end of the process, too.
    process.exit(130);
  };
  process.on("SIGINT", end).on("SIGTERM", end);
}

/** The processes of the same session that `root` has started, directly or not. */
export function descendants(processes: readonly Process[], root: number): Process[] {
  const session = processes.find(({ pid }) => pid === root)?.session;
  const byParent = Map.groupBy(processes, ({ parent }) => parent);
  const below = (pid: number): Process[] =>
    (byParent.get(pid) ?? []).flatMap((child) => [child, ...below(child.pid)]).filter((one) => one.session === session);
  return below(root);
}

function runningProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))];
      } catch {
        return []; // it has ended in the meantime
      }
    });
}

/** Parses a line like `12 (name) S 1 12 12 …`; the name may contain spaces and brackets. */
export function parseStat(line: string): Process {
  const [open, close] = [line.indexOf("("), line.lastIndexOf(")")];
  const [, parent, , session] = line.slice(close + 2).split(" ");
  return {
    pid: Number(line.slice(0, open)),
    program: line.slice(open + 1, close),
    parent: Number(parent),
    session: Number(session),
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended in the meantime.
  }
}
