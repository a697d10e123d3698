import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, EjectPlan, InjectPlan } from "../../provider/model/session-protocol.ts";
import type { Lab } from "../lab/index.ts";
import type { Node } from "../lab/layout.ts";

const script = join(import.meta.dirname, "..", "..", "dist", "node", "main.mjs");
const tools = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The programs that the node side runs. */
const programs = ["arping", "ip", "nsenter", "sysctl", "mount"];

export interface Crash {
  /** Which run of a program, counted from 1, in the order in which they start. */
  readonly call: number;
  readonly moment: "before" | "after";
}

export interface NodeSideRun {
  readonly answers: Answer[];
  /** How many programs it ran. */
  readonly calls: number;
}

/**
 * Runs the node side as a plain process in a lab node's namespaces, with one request. `crash` ends it by SIGKILL just before
 * or just after it runs one of its programs: the programs on its PATH are stand-ins that count, and then run the real ones.
 */
export async function runNodeSide(
  lab: Lab,
  node: Node,
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
    const environment = [`PATH=${join(folder, "bin")}:${tools}`, "VNIC_RUNTIME=containerd"];
    const input = `${JSON.stringify({ id: 1, verb, plan })}\n`;
    const { stdout } = await lab.exec(node, ["env", "-i", ...environment, process.execPath, script], {
      input,
      timeoutSeconds: 30,
    });
    const { stdout: count } = await lab.exec(node, ["cat", join(folder, "calls")]);
    const answers = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Answer);
    return { answers, calls: count.split("\n").filter(Boolean).length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function standIn(folder: string, program: string, crash: Crash | undefined): string {
  const kill = (moment: Crash["moment"]) =>
    crash?.moment === moment ? `test $n -eq ${crash.call} && kill -9 $PPID && exit 1` : "";
  return `#!/bin/sh
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

/** A plan for the node side, of a Vnic that no record knows: the node side needs none. */
export function planFor(
  pod: InjectPlan["pod"],
  address: string,
  network: InjectPlan["network"] = { mode: "macvlan", parent: "eth1" },
): InjectPlan {
  return {
    vnic: { uid: randomUUID(), namespace: pod.namespace, name: "crash" },
    pod,
    network,
    interfaceName: "net1",
    mac: "02:00:5e:00:00:70",
    addresses: [address],
  };
}
