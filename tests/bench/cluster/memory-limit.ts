import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A cgroup in which a process has as much memory as in its Deployment. Node.js chooses the size of its heap by it. */
export interface MemoryLimit {
  /** The words of a command that runs in the cgroup. */
  within(argv: readonly string[]): string[];
  remove(): Promise<void>;
}

/** Makes the cgroup, in the hierarchy of cgroup v1 or v2. */
export async function limitMemory(name: string, bytes: number): Promise<MemoryLimit> {
  const isFirstVersion = existsSync("/sys/fs/cgroup/memory");
  const folder = join(isFirstVersion ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, isFirstVersion ? "memory.limit_in_bytes" : "memory.max"), String(bytes));
  const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  return {
    within: (argv) => ["sh", "-c", enter, folder, ...argv],
    remove: () => rmdir(folder).catch(() => undefined),
  };
}
