import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cgroup, type Node } from "./layout.ts";
import { until } from "./run.ts";

const root = "/sys/fs/cgroup";

/** Name of the cgroup in which a node's kubelet places its pods. */
export const cgroupOf = (node: Node): string => `/${cgroup}/${node}`;

/** Creates a node's cgroup in every hierarchy: one for cgroup v2, one per controller for v1. */
export async function makeCgroup(node: Node): Promise<void> {
  for (const hierarchy of hierarchies()) {
    for (const dir of [join(hierarchy, cgroup), join(hierarchy, cgroup, node)]) {
      await mkdir(dir, { recursive: true });
      // cgroup v1: a new cpuset is empty, and nothing can run in it.
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        if (!isUnified() && existsSync(join(dir, file))) {
          await writeFile(join(dir, file), await readFile(join(dir, "..", file)));
        }
      }
    }
    if (isUnified()) await delegate([hierarchy, join(hierarchy, cgroup), join(hierarchy, cgroup, node)]);
  }
}

/** Removes the lab's cgroups, deepest first. Call it after their processes have ended. */
export async function removeCgroups(): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const top = join(hierarchy, cgroup);
    await until(`the end of cgroup ${top}`, 120, async () => {
      for (const dir of subtree(top)) await rmdir(dir).catch(() => undefined);
      return existsSync(top) ? undefined : true;
    });
  }
}

/** The lab's existing cgroups. */
export function findCgroups(): string[] {
  return hierarchies()
    .map((hierarchy) => join(hierarchy, cgroup))
    .filter((dir) => existsSync(dir));
}

const isUnified = (): boolean => existsSync(join(root, "cgroup.controllers"));

/** Mount points of the hierarchies, without links such as `cpu -> cpu,cpuacct`. */
function hierarchies(): string[] {
  if (isUnified()) return [root];
  const found = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return found.map((entry) => join(root, entry.name)).filter((dir) => existsSync(join(dir, "cgroup.procs")));
}

async function delegate(dirs: readonly string[]): Promise<void> {
  for (const dir of dirs) {
    const controllers = readFileSync(join(dir, "cgroup.controllers"), "utf8").trim().split(" ").filter(Boolean);
    const wanted = controllers.map((name) => `+${name}`).join(" ");
    await writeFile(join(dir, "cgroup.subtree_control"), wanted);
  }
}

function subtree(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const children = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => subtree(join(dir, entry.name))), dir];
}
