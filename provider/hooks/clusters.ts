import { existsSync, readFileSync } from "node:fs";
import { VnicError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";
import { expandHome } from "../cluster/kubeconfig.ts";
import { type Connection, parseConnections } from "../model/connections.ts";
import { parseYaml } from "./parse-yaml.ts";

const form = `write { "<name>": { "kubeconfig": …, "context": …, "image": … } }, with a kubeconfig or a context for each`;

/**
 * The connection for a name in the setting `vnic:clusters`, whose value is a JSON object of connections, or the path
 * of a JSON or YAML file with that object.
 *
 * @throws VnicError `invalid`. The setting may be secret, so the error names keys and files only.
 */
export function connectionTo(cluster: string, setting: string | undefined): Connection {
  if (setting === undefined)
    throw new VnicError(
      "invalid",
      `cluster ${quote(cluster)} needs the setting vnic:clusters, which is not set; ${form}`,
    );
  const { source, connections } = readSetting(setting);
  const found = connections.get(cluster);
  if (found) return found;
  const names = [...connections.keys()].join(", ") || "none";
  throw new VnicError("invalid", `cluster ${quote(cluster)} is not in ${source}; it has ${names}`);
}

/** Whether the setting names a file that doesn't exist, which the program may create. */
export function isFileMissing(setting: string | undefined): boolean {
  const file = fileOf(setting);
  return file !== undefined && !existsSync(file);
}

/** The file that the setting names; undefined if the setting is the object itself. */
function fileOf(setting: string | undefined): string | undefined {
  return setting === undefined || /^\s*\{/.test(setting) ? undefined : expandHome(setting);
}

type Connections = ReadonlyMap<string, Connection>;

/** Parsed settings by their text, because each resource of a program needs its cluster's several times. */
const known = new Map<string, Connections>();

function readSetting(setting: string): { source: string; connections: Connections } {
  if (isFileMissing(setting))
    throw new VnicError(
      "invalid",
      `vnic:clusters is neither an object as JSON nor the path of a file that exists; ${form}`,
    );
  const file = fileOf(setting);
  const source = file ?? "vnic:clusters";
  const text = file === undefined ? setting : readText(file);
  const connections = known.get(text) ?? parseText(source, text);
  known.set(text, connections);
  return { source, connections };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unreadableError(file, (error as NodeJS.ErrnoException).code ?? "unknown error");
  }
}

/** Parses YAML, which includes JSON. Leaves out the parser's message, because it quotes the text. */
function parseText(source: string, text: string): Connections {
  const parsed = parseConnections(read(source, text));
  if ("connections" in parsed) return parsed.connections;
  throw new VnicError("invalid", `${source}: ${parsed.wrong} is invalid; ${form}`);
}

function read(source: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    const [at] = (error as { linePos?: { line: number; col: number }[] }).linePos ?? [];
    throw unreadableError(source, at ? `not valid at line ${at.line}, column ${at.col}` : "not valid YAML");
  }
}

function unreadableError(source: string, why: string): VnicError {
  return new VnicError("invalid", `${source} can't be read: ${why}; correct it`);
}
