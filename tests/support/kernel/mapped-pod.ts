import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { netnsDirectory } from "../../../provider/model/kubernetes/runtime-layout.ts";
import { endOf, firstOutput } from "../../lab/child.ts";
import { must } from "../../lab/run.ts";
import { Machine } from "./machine.ts";
import type { Pod, World } from "./world.ts";

/** A pod in a user namespace of its own, as with `hostUsers: false`. */
export interface MappedPod {
  readonly pod: Pod;
  /** The words before a command that run it in the pod with all capabilities of its user namespace. */
  readonly enter: readonly string[];
  /** Ends the process that keeps the pod's namespaces. */
  end(): Promise<void>;
}

/** Adds a pod whose root is root in a user namespace of its own only. */
export async function addMappedPod(world: World): Promise<MappedPod> {
  const script = "echo ready; exec cat";
  const holder: ChildProcess = spawn("unshare", ["--user", "--map-root-user", "--net", "--", "sh", "-c", script]);
  await firstOutput(holder);
  const pod = await world.addPod("mapped", netnsDirectory, async (netns) => {
    await writeFile(`/run/netns/${netns}`, "");
    await must(["mount", "--bind", `/proc/${holder.pid}/ns/net`, `/run/netns/${netns}`]);
    return Machine.at(netns);
  });
  return {
    pod,
    enter: ["nsenter", "--user", "--net", `--target=${holder.pid}`, "--preserve-credentials", "--"],
    end: async () => {
      holder.stdin?.end();
      await endOf(holder);
    },
  };
}
