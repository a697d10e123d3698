import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { VnicError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";
import { refuseOtherThanText, refuseServer } from "./credentials.ts";
import {
  type Fields,
  mergeKubeconfigs,
  parseKubeconfig,
  refuseImpersonation,
  type Source,
} from "./parse-kubeconfig.ts";

/** How to reach the cluster. */
export interface Access {
  /**
   * A kubeconfig's text or path, or `env:<variable>` for an environment variable with either. Default: `KUBECONFIG`,
   * then `~/.kube/config`, then the pod's own service account.
   */
  readonly kubeconfig?: string;
  /** The kubeconfig's context. Default: its current context. */
  readonly context?: string;
  /** The setting from which `kubeconfig` comes, for error messages. Default: `vnic:kubeconfig`. */
  readonly setting?: string;
}

type Client = typeof import("./client.ts");

export function loadKubeConfig(
  client: Client,
  { kubeconfig, context, setting = "vnic:kubeconfig" }: Access,
): KubeConfig {
  const config = new client.KubeConfig();
  const sources = kubeconfig === undefined ? environmentSources() : [givenSource(kubeconfig, setting)];
  const merged = sources && mergeKubeconfigs(sources.map((source) => checkedSource(client, source)));
  if (merged) load("the kubeconfig", config, merged);
  // It is the pod's service account, or the kubeconfig of Windows' subsystem for Linux.
  else config.loadFromDefault();
  if (context !== undefined) {
    if (!config.getContextObject(context))
      throw new VnicError(
        "invalid",
        `context ${shownName(context)} is not in the kubeconfig; it has ${config
          .getContexts()
          .map(({ name }) => name)
          .join(", ")}`,
      );
    config.setCurrentContext(context);
  }
  // The client's fallback when it finds no configuration. API servers don't listen there.
  const { server } = config.getCurrentCluster() ?? {};
  if (server === undefined || server === "http://localhost:8080")
    throw new VnicError(
      "invalid",
      kubeconfig === undefined
        ? "no cluster is configured; set the environment's KUBECONFIG or the stack's vnic:kubeconfig"
        : `the kubeconfig of ${variableOf(kubeconfig) ?? setting} has no current context that leads to a server; correct it`,
    );
  refuseServer(config);
  refuseOtherThanText(config);
  if (merged) refuseImpersonation(merged, config.getCurrentUser()?.name);
  return config;
}

/* A kubeconfig's content is secret: errors name the file and the line or key, but never quote the content. */

/** The environment variable of a kubeconfig that is given as `env:<variable>`. */
export function variableOf(kubeconfig: string): string | undefined {
  return /^env:(.*)$/.exec(kubeconfig)?.[1];
}

/** Replaces `~` at the beginning of a path, as a shell does. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/)/, homedir());
}

/** The files of `KUBECONFIG` that exist, or else `~/.kube/config`. Undefined if that doesn't exist. */
function environmentSources(): Source[] | undefined {
  const list = process.env.KUBECONFIG;
  if (!list) {
    const usual = join(homedir(), ".kube", "config");
    return existsSync(usual) ? [sourceOf(usual)] : undefined;
  }
  const named = list.split(delimiter).filter(Boolean);
  const there = named.filter(existsSync);
  if (there.length === 0 && named.length > 0)
    throw new VnicError("invalid", `KUBECONFIG: there is no file ${named.map(shown).join(" or ")}; correct it`);
  return there.map(sourceOf);
}

function givenSource(given: string, origin: string): Source {
  const variable = variableOf(given);
  const setting = variable ?? origin;
  const value = variable === undefined ? given : process.env[variable];
  if (!value)
    throw new VnicError(
      "invalid",
      `the environment variable ${shownName(variable ?? "")}, which has the kubeconfig, is not set; set it, or correct ${origin}`,
    );
  const path = expandHome(value);
  if (isText(value)) return { origin: setting, text: value };
  if (existsSync(path)) return sourceOf(path);
  throw new VnicError(
    "invalid",
    `kubeconfig ${shown(value)} is neither a file nor the text of one; ${advice(value, setting)}`,
  );
}

function sourceOf(path: string): Source {
  try {
    return { origin: path, text: readFileSync(path, "utf8"), folder: dirname(resolve(path)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new VnicError("invalid", `${path}: can't be read (${code}); correct the kubeconfig`);
  }
}

/** Parses a source, and refuses one that the client can't load. */
function checkedSource(client: Client, source: Source): Fields {
  const parsed = parseKubeconfig(source);
  load(source.origin, new client.KubeConfig(), parsed);
  return parsed;
}

/** Loads a parsed kubeconfig; an error doesn't have the client's message, which would quote it. */
function load(origin: string, config: KubeConfig, parsed: Fields): void {
  try {
    config.loadFromString(JSON.stringify(parsed));
  } catch (error) {
    const { message = "" } = error as { message?: string };
    const key = /^(?:clusters|users|contexts)\[\d+\][.\w]* is missing$/.exec(message)?.[0];
    throw new VnicError("invalid", `${origin}: ${key ?? "is no kubeconfig"}; correct the kubeconfig`);
  }
}

/** Whether a value is a kubeconfig's text. A path is a single line and no JSON object. */
function isText(kubeconfig: string): boolean {
  return /^\s*\{|\n/.test(kubeconfig);
}

/** Quotes a value only if it can't be anything but a path; other text may be a credential by mistake. */
function shown(kubeconfig: string): string {
  const isPath = /^(?:~|\.{1,2})?\/[^\s=]{1,200}$/.test(kubeconfig);
  return isPath ? JSON.stringify(kubeconfig) : `(a text of ${kubeconfig.length} characters)`;
}

/** Quotes the name of a context or a variable; a text of another form may be a credential by mistake. */
function shownName(name: string): string {
  const isName = /^[^\n]{0,120}$/.test(name) && !credentialForms.some((form) => form.test(name));
  return isName ? quote(name) : `(a text of ${name.length} characters)`;
}

const base64 = /^[A-Za-z0-9+/]{40,}={0,2}$/;

/** Forms of credentials that names of contexts don't have. */
const credentialForms = [
  base64,
  // A JSON Web Token (RFC 7519).
  /^ey[\w-]+\./,
  // Kubernetes' bootstrap token.
  /^[a-z0-9]{6}\.[a-z0-9]{16}$/,
  // A URL with a password.
  /:\/\/[^/]*@/,
  // Any other token: a long row of letters and digits.
  /(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{24,}/,
];

function isBase64(text: string): boolean {
  return base64.test(text);
}

function advice(kubeconfig: string, setting: string): string {
  return isBase64(kubeconfig) ? "it looks like base64: decode it" : `correct ${setting}`;
}
