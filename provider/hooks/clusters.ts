import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { parse } from "yaml";
import * as z from "zod";
import { VnicError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";
import { labelName } from "../model/schema/fields.ts";

/** How one of the clusters in `vnic:clusters` is reached. What it doesn't say is as for the stack's own cluster. */
export interface Connection {
  /** A kubeconfig's path or text, or `env:<variable>` that holds either. Default: the stack's own. */
  readonly kubeconfig?: string;
  /** Which of its contexts. Default: its current one. */
  readonly context?: string;
  /** The node side's image. Default: the stack's own. */
  readonly image?: string;
}

const connection = z
  .strictObject({ kubeconfig: z.string().optional(), context: z.string().optional(), image: z.string().optional() })
  .refine(({ kubeconfig, context }) => kubeconfig !== undefined || context !== undefined);
const connections = z.record(labelName, connection);

const form = `write { "<name>": { "kubeconfig": …, "context": …, "image": … } }, with a kubeconfig or a context for each`;

/**
 * The connection of a name in the setting `vnic:clusters`, whose value is an object of connections as JSON, or the path of a
 * JSON or YAML file with that object.
 *
 * @throws VnicError `invalid`. What the setting says may be secret: the error names keys and files only.
 */
export function connectionTo(cluster: string, setting: string | undefined): Connection {
  if (setting === undefined)
    throw new VnicError(
      "invalid",
      `cluster ${quote(cluster)} needs the setting vnic:clusters, which is not set; ${form}`,
    );
  const { place, value } = readSetting(setting);
  const parsed = connections.safeParse(value);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join(".");
    throw new VnicError("invalid", `${place}: ${path || "the whole"} is not as it should be; ${form}`);
  }
  const found = Object.hasOwn(parsed.data, cluster) ? parsed.data[cluster] : undefined;
  if (found) return found as Connection;
  const names = Object.keys(parsed.data).join(", ") || "none";
  throw new VnicError("invalid", `cluster ${quote(cluster)} is not in ${place}; it has ${names}`);
}

/** The file that the setting names; undefined when the setting is the object itself. */
export function clustersFile(setting: string): string | undefined {
  return /^\s*\{/.test(setting) ? undefined : setting.replace(/^~(?=\/)/, homedir());
}

function readSetting(setting: string): { place: string; value: unknown } {
  const file = clustersFile(setting);
  if (file === undefined) return { place: "vnic:clusters", value: parsed("vnic:clusters", setting) };
  if (!existsSync(file))
    throw new VnicError(
      "invalid",
      `vnic:clusters is neither an object as JSON nor the path of a file that exists; ${form}`,
    );
  return { place: file, value: parsed(file, readFileSync(file, "utf8")) };
}

/** YAML, of which JSON is a part. The parser's message is left out, as it quotes the text. */
function parsed(place: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const [position] = (error as { linePos?: { line: number; col: number }[] }).linePos ?? [];
    const where = position ? ` at line ${position.line}, column ${position.col}` : "";
    throw new VnicError("invalid", `${place}: not valid JSON or YAML${where}; correct it`);
  }
}
