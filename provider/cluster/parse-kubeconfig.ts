import { isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { VnicError } from "../base/errors.ts";

/*
 * Kubeconfigs as kubectl reads them (client-go's package clientcmd, and
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/). The Kubernetes client reads some
 * of it differently: of several files, it takes the last one's current context, so that a program's Vnics would be made in another
 * cluster than its other resources.
 *
 * A kubeconfig's content is secret: errors name the file and the line, but never quote the content.
 */

/** A kubeconfig's text. */
export interface Source {
  /** Where it comes from, for errors. */
  readonly origin: string;
  readonly text: string;
  /** The folder of its relative paths. Default: the process's working directory. */
  readonly folder?: string;
}

/** A parsed kubeconfig, or a part of one. */
export type Fields = Readonly<Record<string, unknown>>;

/** One of a kubeconfig's lists, such as `users`. Its entries have a name and one object under the list's key. */
const lists = { clusters: "cluster", users: "user", contexts: "context" } as const;

/** Parses a kubeconfig, to an object that means to the Kubernetes client what the text means to kubectl. */
export function parseKubeconfig({ origin, text, folder }: Source): Fields {
  const config = fieldsOf(parseYaml(origin, text));
  if (!config) throw invalid(origin, "is no kubeconfig");
  const readable = (fields: Fields) => forClient(fields, folder);
  const parts = Object.entries(lists).map(([list, key]) => [
    list,
    entriesOf(config, list).map((entry) => {
      const { [key]: value, ...rest } = fieldsOf(entry) ?? {};
      const fields = fieldsOf(value);
      return { ...rest, [key]: fields ? readable(fields) : value };
    }),
  ]);
  return { ...config, ...(Object.fromEntries(parts) as Fields) };
}

/** Merges parsed kubeconfigs: the first one that has a current context, or an entry of some name, decides about it. */
export function mergeKubeconfigs(configs: readonly Fields[]): Fields {
  const parts = Object.keys(lists).map((list) => {
    const entries = configs.flatMap((config) => entriesOf(config, list)).reverse();
    const byName = new Map(entries.map((entry) => [fieldsOf(entry)?.["name"], entry]));
    return [list, [...byName.values()].reverse()];
  });
  const current = configs.map((config) => config["current-context"]).find(Boolean);
  return { ...(Object.fromEntries(parts) as Fields), "current-context": current };
}

/** Refuses a user with fields that the client ignores, because its requests would have other rights. */
export function refuseImpersonation(config: Fields, user: string | undefined): void {
  const entry = entriesOf(config, "users")
    .map(fieldsOf)
    .find((one) => one?.["name"] === user);
  const fields = fieldsOf(entry?.["user"]) ?? {};
  const key = ["as-groups", "as-uid", "as-user-extra"].find((one) => !isEmpty(fields[one]));
  if (key !== undefined)
    throw new VnicError(
      "invalid",
      `users[${JSON.stringify(user)}].user.${key}: only a user name (as) can be impersonated; use credentials that have these rights themselves`,
    );
}

/**
 * Changes the fields of a cluster or user that the client would read differently: relative paths are those of the file's
 * folder, and a token's file replaces a token.
 */
function forClient(given: Fields, folder: string | undefined): Fields {
  const inFolder = (path: unknown) =>
    folder === undefined || typeof path !== "string" || path === "" || isAbsolute(path) ? path : join(folder, path);
  const fields: Record<string, unknown> = { ...given };
  for (const key of ["certificate-authority", "client-certificate", "client-key", "tokenFile"])
    if (key in fields) fields[key] = inFolder(fields[key]);
  const exec = fieldsOf(fields["exec"]);
  const { command } = exec ?? {};
  // A command without a slash is searched in PATH.
  if (typeof command === "string" && command.includes("/")) fields["exec"] = { ...exec, command: inFolder(command) };
  const { tokenFile, ...others } = fields;
  if (tokenFile === undefined || tokenFile === null || tokenFile === "") return fields;
  // The client knows such a file only by this form, and prefers a token.
  return { ...others, token: undefined, "auth-provider": { name: "tokenFile", config: { tokenFile } } };
}

/** Parses YAML, which includes JSON, without the parser's errors, which quote it. */
function parseYaml(origin: string, text: string): unknown {
  try {
    return parse(text, { merge: true, logLevel: "error" });
  } catch (error) {
    const [at] = (error as { linePos?: readonly { line: number; col: number }[] }).linePos ?? [];
    throw invalid(
      origin,
      at
        ? `is not valid YAML at line ${at.line}, column ${at.col}`
        : "is not valid YAML: one of its aliases (*) can't be resolved",
    );
  }
}

function entriesOf(config: Fields, list: string): readonly unknown[] {
  const entries = config[list];
  return Array.isArray(entries) ? entries : [];
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Whether a text, list or object is missing or has nothing in it. */
function isEmpty(value: unknown): boolean {
  return Object.keys(Object(value ?? "") as object).length === 0;
}

function invalid(origin: string, what: string): VnicError {
  return new VnicError("invalid", `${origin}: ${what}; correct the kubeconfig`);
}
