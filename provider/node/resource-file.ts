import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, VnicError } from "../base/errors.ts";
import { resourceFile, resourceFileVersion, type ResourceFile } from "../model/wire/resource-file.ts";
import { stateDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "./host-path.ts";
import { inWriteTurn } from "./slots.ts";

function directory(): string {
  return join(hostPath(stateDirectory), "vnics");
}

/** Path of a Vnic's resource file. It consists of the UID alone, whose form is checked by the session protocol. */
function pathOf(uid: string): string {
  return join(directory(), `${uid}.json`);
}

/**
 * The path of the file before it is renamed. A fixed name is enough, because only the holder of the Vnic's lock writes;
 * after a crash, the next write replaces the remains.
 */
function temporaryOf(uid: string): string {
  return `${pathOf(uid)}.tmp`;
}

/** Reads the resource file of a Vnic. A file that can't be parsed is set aside and reported. */
export async function readResourceFile(uid: string): Promise<ResourceFile | undefined> {
  let text: string;
  try {
    text = await readFile(pathOf(uid), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return resourceFile.parse(JSON.parse(text));
  } catch (error) {
    const aside = `${pathOf(uid)}.unreadable-${Date.now()}`;
    await rename(pathOf(uid), aside);
    console.error(`Vnic resource file ${pathOf(uid)} can't be read; it was renamed to ${aside}: ${messageOf(error)}`);
    return undefined;
  }
}

/**
 * The files that were read for a list, by path. Parsing a large one takes milliseconds, and a node may have thousands, of
 * which few change between two lists.
 */
const listed = new Map<string, { readonly version: string; readonly file: ResourceFile }>();

/** The resource files of all Vnics on this node, except those that can't be parsed. */
export async function listResourceFiles(): Promise<ResourceFile[]> {
  const names = await readdir(directory()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const uids = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  const paths = new Set(uids.map(pathOf));
  for (const path of listed.keys()) if (!paths.has(path)) listed.delete(path);
  const files = await Promise.all(uids.map(readUnlessListed));
  return files.filter((file) => file !== undefined);
}

async function readUnlessListed(uid: string): Promise<ResourceFile | undefined> {
  const path = pathOf(uid);
  const version = await versionOf(path);
  const known = listed.get(path);
  if (known && known.version === version) return known.file;
  // If it is replaced after its version was read, the next list reads it again.
  const file = await readResourceFile(uid);
  if (file && version !== undefined) listed.set(path, { version, file });
  return file;
}

/** What changes whenever a file is replaced; undefined if there is none. */
async function versionOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
}

/**
 * Writes a file atomically: after a power failure at any point, it is the complete old or new one (fsync(2),
 * rename(2)).
 */
export async function writeResourceFile(content: Omit<ResourceFile, "schemaVersion" | "updatedAt">): Promise<void> {
  const path = pathOf(content.vnic.uid);
  try {
    await inWriteTurn(() => replaceFile(path, content));
  } catch (error) {
    // Don't leave an incomplete file on a disk that is full.
    await rm(temporaryOf(content.vnic.uid), { force: true }).catch(() => undefined);
    throw new VnicError("failed", `writing ${path}: ${describeError(error)}`, { cause: error });
  }
}

/** Checks that a resource file could be written: writes one that is no Vnic's, and removes it again. */
export async function checkWritable(): Promise<void> {
  // A fixed name is enough: after a crash, the next check removes the file.
  const path = join(directory(), "check.tmp");
  let made: string | undefined;
  try {
    made = await mkdir(directory(), { recursive: true, mode: 0o700 });
    const file = await open(path, "w", 0o600);
    try {
      await file.writeFile("x".repeat(4096));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new VnicError("failed", `writing ${path}: ${describeError(error)}`, { cause: error });
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
    // The first Vnic may have got its file here in the meantime.
    if (made !== undefined) await rmdir(directory()).catch(() => undefined);
  }
}

/** Describes an error that an administrator has to fix, and whose own message doesn't say how. */
function describeError(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return `no space is left on the node's disk (${code}); make room`;
  if (code === "EROFS") return `the node's disk can only be read (${code})`;
  return messageOf(error);
}

async function replaceFile(path: string, content: Omit<ResourceFile, "schemaVersion" | "updatedAt">): Promise<void> {
  const temporary = temporaryOf(content.vnic.uid);
  const file = await open(temporary, "w", 0o600).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await mkdir(directory(), { recursive: true, mode: 0o700 });
    return open(temporary, "w", 0o600);
  });
  try {
    const whole: ResourceFile = { schemaVersion: resourceFileVersion, updatedAt: new Date().toISOString(), ...content };
    await file.writeFile(JSON.stringify(whole));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory();
}

export async function removeResourceFile(uid: string): Promise<void> {
  await inWriteTurn(async () => {
    await Promise.all([pathOf(uid), temporaryOf(uid)].map((path) => rm(path, { force: true })));
    await syncDirectory();
  });
}

async function syncDirectory(): Promise<void> {
  const handle = await open(directory(), "r").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}
