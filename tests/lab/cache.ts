import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { step } from "./step.ts";

/** Where fetched and built things are kept, outside the checkout, by version. */
export const cacheDir =
  process.env["PULUMI_VNIC_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-vnic");

/** Does the work while holding a named lock; the lock goes when its holder ends, however it ends. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  const file = join(cacheDir, `${name}.lock`);
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await once(holder, "close");
  }
}

/** Returns the path of a cached thing, made first if it is not there. An interrupted make leaves nothing behind. */
export async function cached(name: string, what: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = join(cacheDir, name);
  if (existsSync(path)) return path;
  return withLock(name, async () => {
    if (existsSync(path)) return path;
    const temporary = `${path}.tmp`;
    await rm(temporary, { recursive: true, force: true });
    await step(what, () => make(temporary));
    await rename(temporary, path);
    return path;
  });
}
