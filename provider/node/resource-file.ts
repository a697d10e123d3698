import { constants } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
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

/** Many times the size of the largest resource file, in bytes. */
const maxBytes = 16 * 2 ** 20;

/**
 * Reads the resource file of a Vnic. A file that can't be parsed is set aside and reported.
 *
 * @throws VnicError `refused` if there is something else at its path, such as a directory.
 */
export async function readResourceFile(uid: string): Promise<ResourceFile | undefined> {
  const path = pathOf(uid);
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const file = resourceFile.parse(JSON.parse(text));
    if (file.vnic.uid !== uid) throw new Error(`it is the file of Vnic ${file.vnic.uid}`);
    return file;
  } catch (error) {
    const aside = `${path}.unreadable-${Date.now()}`;
    await rename(path, aside);
    console.error(`Vnic resource file ${path} can't be read; it was renamed to ${aside}: ${messageOf(error)}`);
    return undefined;
  }
}

/** Reads a file of ours; undefined if there is none. */
async function readText(path: string): Promise<string | undefined> {
  // A named pipe is opened without waiting for its other end.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error.code === "ELOOP" ? noFileError(path) : error;
  });
  try {
    const found = await file?.stat();
    if (found && (!found.isFile() || found.size > maxBytes)) throw noFileError(path);
    return await file?.readFile("utf8");
  } finally {
    await file?.close();
  }
}

function noFileError(path: string): VnicError {
  return new VnicError("refused", `${path} on the node is not a file of ours; remove it`);
}

/**
 * The files that were read for a list, by path. Parsing a large one takes milliseconds, and a node may have thousands, of
 * which few change between two lists.
 */
const listed = new Map<string, { readonly version: string; readonly file: ResourceFile }>();

/** Paths at which something else was found and reported. */
const reported = new Set<string>();

/** The resource files of all Vnics on this node, except those that can't be parsed. */
export async function listResourceFiles(): Promise<ResourceFile[]> {
  const names = await readdir(directory()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  // Others are not ours, such as copies that somebody has made.
  const uids = names.flatMap((name) => /^([0-9a-f-]{36})\.json$/.exec(name)?.[1] ?? []);
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
  const file = await readResourceFile(uid).catch((error: unknown) => {
    if (!isVnicError(error, "refused")) throw error;
    if (!reported.has(path)) console.error(messageOf(error));
    reported.add(path);
    return undefined;
  });
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
