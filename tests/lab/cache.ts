import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { step } from "./step.ts";

/** The folder outside of the checkout where downloads and builds are kept by version. */
export const cacheDir =
  process.env["PULUMI_VNIC_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-vnic");

/** The folder where Node.js keeps compiled code of this checkout's programs and packages (`NODE_COMPILE_CACHE`). */
export const compileCache = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "compile");

/** Runs the work while holding a named lock. The lock is released however its holder ends. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  const file = join(cacheDir, `${name}.lock`);
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(holder, "close");
  const [answer] = (await Promise.race([once(holder.stdout, "data"), ended])) as unknown[];
  if (!(answer instanceof Buffer)) throw new Error(`locking ${file}: flock has ended without the lock`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

/**
 * Returns the path of a cached item, making it first if it isn't there. An interrupted build is never used. With
 * `replaces`, a prefix, it replaces all items with that prefix, so that the cache keeps only the latest.
 */
export async function cached(
  name: string,
  what: string,
  make: (path: string) => Promise<void>,
  replaces?: string,
): Promise<string> {
  const path = join(cacheDir, name);
  if (existsSync(path)) return path;
  return withLock(replaces ?? name, async () => {
    if (existsSync(path)) return path;
    const temporary = `${path}.tmp`;
    if (replaces !== undefined) await removeAll(replaces);
    await rm(temporary, { recursive: true, force: true });
    await step(what, () => make(temporary));
    await rename(temporary, path);
    return path;
  });
}

async function removeAll(prefix: string): Promise<void> {
  const names = (await readdir(cacheDir)).filter((name) => name.startsWith(`${prefix}-`));
  for (const name of names) await rm(join(cacheDir, name), { recursive: true, force: true });
}
