import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { parse } from "yaml";
import { VnicError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";
import { type Connection, parseConnections } from "../model/connections.ts";

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
  const { place, value } = readSetting(setting);
  const parsed = parseConnections(value);
  if ("wrong" in parsed) throw new VnicError("invalid", `${place}: ${parsed.wrong} is not as it should be; ${form}`);
  const found = parsed.connections.get(cluster);
  if (found) return found;
  const names = [...parsed.connections.keys()].join(", ") || "none";
  throw new VnicError("invalid", `cluster ${quote(cluster)} is not in ${place}; it has ${names}`);
}

/** The file that the setting names; undefined if the setting is the object itself. */
export function clustersFile(setting: string): string | undefined {
  return /^\s*\{/.test(setting) ? undefined : setting.replace(/^~(?=\/)/, homedir());
}

function readSetting(setting: string): { place: string; value: unknown } {
  const file = clustersFile(setting);
  if (file === undefined) return { place: "vnic:clusters", value: read("vnic:clusters", () => setting) };
  if (!existsSync(file))
    throw new VnicError(
      "invalid",
      `vnic:clusters is neither an object as JSON nor the path of a file that exists; ${form}`,
    );
  return { place: file, value: read(file, () => readFileSync(file, "utf8")) };
}

/** Parses YAML, which includes JSON. Leaves out the parser's message, because it quotes the text. */
function read(place: string, text: () => string): unknown {
  try {
    // A warning would print the line that it is about.
    return parse(text(), { logLevel: "error" });
  } catch (error) {
    const { code, linePos } = error as { code?: string; linePos?: { line: number; col: number }[] };
    const where = linePos?.[0] && ` at line ${linePos[0].line}, column ${linePos[0].col}`;
    throw new VnicError(
      "invalid",
      `${place} can't be read: ${where ? `not valid${where}` : (code ?? "not valid YAML")}; correct it`,
    );
  }
}
