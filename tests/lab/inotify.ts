import { readFile, writeFile } from "node:fs/promises";

const file = "/proc/sys/fs/inotify/max_user_instances";

/** Enough for four labs beside each other: each has some 30, and most machines allow 128 (inotify(7)). */
const enough = 1024;

/**
 * Raises the machine's limit of inotify instances. Without one, the kubelet, a runtime or an agent ends in odd ways. The
 * limit stays raised after the lab, because other labs and programs may need it by then.
 */
export async function raiseInotifyLimit(): Promise<void> {
  const limit = Number(await readFile(file, "utf8"));
  if (limit >= enough) return;
  await writeFile(file, String(enough)).catch((error: unknown) => {
    console.warn(
      `fs.inotify.max_user_instances is ${limit}, and can't be raised: ${String(error)}; use one lab at once`,
    );
  });
}
