import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../lab/run.ts";
import { limitMemory } from "./memory-limit.ts";
import { type Usage, usageOf } from "./usage.ts";

export interface ReconcilerProcess {
  /** From its start until it had all watches and began to work. */
  readonly startMilliseconds: number;
  usage(): Promise<Usage>;
  /** How often it has ended by itself, as it does when it can't renew its Lease, and was started again. */
  readonly restarts: number;
  /** The value of one of its metrics, with labels as they are printed. */
  metric(name: string): Promise<number>;
  errors(): string[];
  stop(): Promise<void>;
}

export interface ReconcilerOptions {
  readonly program: string;
  readonly kubeconfig: string;
  readonly folder: string;
  readonly port: number;
}

/** As the Deployment has it. */
const memoryBytes = 384 * 2 ** 20;
/** As the kubelet waits before it starts a container again. */
const pauseMilliseconds = 10_000;

/**
 * Starts the program of the reconciler's image in a process of its own, with the memory that its Deployment gives it, and
 * waits until it works. As in a Deployment, it is started again if it ends.
 */
export async function startReconcilerProcess(options: ReconcilerOptions): Promise<ReconcilerProcess> {
  const { program, kubeconfig, folder, port } = options;
  const log = join(folder, "reconciler.log");
  const file = openSync(log, "w");
  const limit = await limitMemory(`vnic-bench-${process.pid}`, memoryBytes);
  const [command = "", ...words] = limit.within([process.execPath, program]);
  let child: ChildProcess;
  let [restarts, isStopped] = [0, false];
  /** The CPU time of processes that have ended, and the most memory that they had. */
  let former: Usage = { cpuSeconds: 0, residentMegabytes: 0, peakMegabytes: 0 };
  let latest = former;
  const start = (): void => {
    child = spawn(command, words, {
      stdio: ["ignore", file, file],
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: kubeconfig,
        VNIC_PORT: String(port),
        VNIC_POD_UID: "bench",
      },
    });
    child.once("exit", () => {
      former = sum(former, latest);
      latest = { cpuSeconds: 0, residentMegabytes: 0, peakMegabytes: 0 };
      if (isStopped) return;
      restarts++;
      setTimeout(() => (isStopped ? undefined : start()), pauseMilliseconds);
    });
  };
  const beganAt = performance.now();
  start();
  process.once("exit", () => child.kill("SIGKILL"));
  const look = async (): Promise<Usage> => {
    latest = await usageOf(child.pid ?? 0).catch(() => latest);
    return sum(former, latest);
  };
  const looking = setInterval(() => void look(), 1000);
  const ask = async (path: string): Promise<Response | undefined> =>
    fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  // On standby it is ready as well.
  const isLeading = async () => (await (await ask("/metrics"))?.text())?.includes("\nvnic_leading 1\n");
  await until("the reconciler", 600, async () =>
    (await isLeading()) && (await ask("/readyz"))?.ok ? true : undefined,
  );
  const startMilliseconds = performance.now() - beganAt;
  return {
    startMilliseconds,
    get restarts() {
      return restarts;
    },
    usage: look,
    metric: async (name) => {
      const response = await ask("/metrics");
      const line = (await response?.text())?.split("\n").find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? NaN);
    },
    errors: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { level: string; message: string })
        .filter(({ level }) => level === "error")
        .map(({ message }) => message),
    stop: async () => {
      isStopped = true;
      clearInterval(looking);
      await end(child);
      await limit.remove();
    },
  };
}

/** The CPU time of both, the memory of the later one, and the larger peak. */
function sum(former: Usage, latest: Usage): Usage {
  return {
    cpuSeconds: former.cpuSeconds + latest.cpuSeconds,
    residentMegabytes: latest.residentMegabytes,
    peakMegabytes: Math.max(former.peakMegabytes, latest.peakMegabytes),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
