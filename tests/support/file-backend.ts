import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/* The files in which the engine keeps stacks and their settings. Each start of the engine's CLI takes 0.1 to 0.3 s of CPU. */

/** The passphrase of all stacks, and a salt that `pulumi stack init` has made for it. */
export const passphrase = "lab";
const salt = "v1:/t2+R+nLNBo=:v1:cvuUAWLerWig31Oo:s1vs0IwAa7QUqNPEpzKgIlil91rvqA==";

/** One resource in a stack's state. */
export interface StoredResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly initErrors?: readonly string[];
  readonly sourcePosition?: string;
}

/** Where the files of one stack are. */
export interface StackFiles {
  /** Folder of the file backend. */
  readonly backend: string;
  /** Folder with the project's Pulumi.yaml. */
  readonly project: string;
  readonly name: string;
}

async function pathsOf({ backend, project, name }: StackFiles) {
  const named = /^name: (\S+)$/m.exec(await readFile(join(project, "Pulumi.yaml"), "utf8"))?.[1];
  if (named === undefined) throw new Error(`${project}/Pulumi.yaml has no line with the project's name`);
  const own = join(backend, ".pulumi");
  return { named, meta: join(own, "meta.yaml"), stack: join(own, "stacks", named, `${name}.json`) };
}

/** Makes an empty stack, as `pulumi stack init` does. */
export async function initStack(files: StackFiles): Promise<void> {
  const { named, meta, stack } = await pathsOf(files);
  await mkdir(dirname(stack), { recursive: true });
  await writeFile(meta, "version: 1\n");
  await writeFile(stack, JSON.stringify({ version: 3, checkpoint: { stack: `organization/${named}/${files.name}` } }));
}

/** Writes a new settings file, as `pulumi config set` does for each of the values. */
export async function writeSettings(
  { project }: StackFiles,
  path: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { named } = await pathsOf({ backend: "", project, name: "" });
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key.includes(":") ? key : `${named}:${key}`, value]),
  );
  await writeFile(path, JSON.stringify({ encryptionsalt: salt, config }));
}

/** The resources in a stack's state, as `pulumi stack export` prints them: secrets are encrypted. */
export async function storedResources(files: StackFiles): Promise<StoredResource[]> {
  const { stack } = await pathsOf(files);
  const { checkpoint } = JSON.parse(await readFile(stack, "utf8")) as {
    checkpoint: { latest?: { resources?: StoredResource[] } };
  };
  return checkpoint.latest?.resources ?? [];
}
