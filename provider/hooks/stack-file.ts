import { isObject } from "../base/json.ts";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { VnicError } from "../base/errors.ts";
import { parseYaml } from "./parse-yaml.ts";

/**
 * One key of a stack's settings file: its plain value, `undefined` if the file doesn't have it, or `hidden` if the
 * file doesn't show the value, because it is encrypted or may come from one of the stack's environments.
 */
export type FileValue = { readonly plain: string | undefined } | { readonly hidden: true };

/** Reads keys of a stack's current settings file. */
export interface StackFile {
  get(key: string): FileValue;
}

/** Name of the stack in a resource's URN, such as `urn:pulumi:prod::shop::…`. */
export function stackOf(urn: string | undefined): string | undefined {
  return /^urn:pulumi:([^:]+)::/.exec(urn ?? "")?.[1];
}

/**
 * The settings of a stack where the Pulumi CLI keeps them: `Pulumi.<stack>.yaml` in the folder of `Pulumi.yaml`, or in
 * its `stackConfigDir`; then `config` of `Pulumi.yaml`. Undefined if there is no such file.
 * @param folder The current folder: the project's, or one below it that its `main` names.
 * @throws VnicError `invalid` if a file can't be read. Its content isn't quoted.
 */
export function readStackFile(folder: string, stack: string): StackFile | undefined {
  const found = findProject(folder);
  if (!found) return undefined;
  const project = read(found.path);
  const settingsFolder = [project.stackConfigDir, project.config].find((value) => typeof value === "string") ?? ".";
  const name = `Pulumi.${stack.replaceAll("/", "-")}.${found.extension}`;
  const path = join(dirname(found.path), settingsFolder, name);
  if (!existsSync(path)) return undefined;
  const settings = read(path);
  const environments = [settings.environment ?? []].flat();
  return {
    get: (key) => {
      const value = findEntry(settings.config, key);
      if (value !== undefined) return toFileValue(value);
      if (environments.length > 0) return { hidden: true };
      return toFileValue(unwrap(findEntry(project.config, key)));
    },
  };
}

type Settings = Record<string, unknown>;

function findProject(folder: string): { path: string; extension: string } | undefined {
  for (const extension of ["yaml", "yml", "json"]) {
    const path = join(folder, `Pulumi.${extension}`);
    if (existsSync(path)) return { path, extension };
  }
  const parent = dirname(folder);
  return parent === folder ? undefined : findProject(parent);
}

function read(path: string): Settings {
  try {
    const settings = parseYaml(readFileSync(path, "utf8"));
    return isObject(settings) ? settings : {};
  } catch (error) {
    const { code = "not valid YAML" } = error as { code?: string };
    throw new VnicError("invalid", `the settings file ${path} can't be read (${code}); correct it`);
  }
}

/** Finds the value of a key, which may have `config` in the middle, as early versions of Pulumi wrote it. */
function findEntry(config: unknown, key: string): unknown {
  if (!isObject(config)) return undefined;
  return config[key] ?? config[key.replace(":", ":config:")] ?? undefined;
}

/** The value itself, or its default, which a project's file may wrap in an object. */
function unwrap(value: unknown): unknown {
  return isObject(value) && !("secure" in value) ? (value.value ?? value.default) : value;
}

/** Converts a value that isn't a string to JSON, as the engine does. */
function toFileValue(value: unknown): FileValue {
  if (value === undefined || typeof value === "string") return { plain: value };
  return hasSecret(value) ? { hidden: true } : { plain: JSON.stringify(value) };
}

/** Whether a value is encrypted (`secure: …`), or contains an encrypted value. */
function hasSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  return isObject(value) && ("secure" in value || Object.values(value).some(hasSecret));
}
