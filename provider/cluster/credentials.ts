import type { KubeConfig } from "@kubernetes/client-node";
import { VnicError } from "../base/errors.ts";
import { isFromNetwork } from "./faults.ts";

/*
 * The values of a kubeconfig and the output of its credential plugins may be secret. An error names the key, and quotes
 * neither.
 */

/** Refuses a server that no request can be sent to; the client's own error would quote the URL with the password in it. */
export function refuseServer(config: KubeConfig): void {
  const { name, server } = config.getCurrentCluster() ?? {};
  const key = `clusters[${JSON.stringify(name)}].cluster.server`;
  const url = URL.parse(server ?? "");
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw credentialError(key, `is not a URL; write it like "https://10.0.0.1:6443"`);
  if (url.username !== "" || url.password !== "")
    throw credentialError(key, `has a user name or a password in it, which no request may have; give them under users`);
  // Paths are appended to it, and errors show it.
  if (url.search !== "" || url.hash !== "")
    throw credentialError(key, `has a part after "?" or "#", which no request would have in its place; leave it out`);
}

/**
 * Refuses what must be text and isn't, like a number without quotes. The client takes a number in place of a file's path for a
 * file that this process has open.
 */
export function refuseOtherThanText(config: KubeConfig): void {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const authProvider = user?.authProvider as { config?: { tokenFile?: unknown } } | undefined;
  const ofCluster = (key: string) => `clusters[${JSON.stringify(cluster?.name)}].cluster.${key}`;
  const ofUser = (key: string) => `users[${JSON.stringify(user?.name)}].user.${key}`;
  const texts: readonly [key: string, value: unknown][] = [
    [ofCluster("certificate-authority"), cluster?.caFile],
    [ofCluster("proxy-url"), cluster?.proxyUrl],
    [ofCluster("tls-server-name"), cluster?.tlsServerName],
    [ofUser("client-certificate"), user?.certFile],
    [ofUser("client-key"), user?.keyFile],
    [ofUser("tokenFile"), authProvider?.config?.tokenFile],
    [ofUser("as"), user?.impersonateUser],
  ];
  for (const [key, value] of texts)
    if (value !== undefined && value !== null && typeof value !== "string")
      throw credentialError(key, "is not text; write it in quotes");
}

/** Obtains the credentials of the kubeconfig's user, from the kubeconfig itself or from its plugin. */
export async function obtainCredentials<T>(config: KubeConfig, obtain: () => Promise<T>): Promise<T> {
  try {
    return await obtain();
  } catch (error) {
    const unreadable = fileKeyOf(config, error);
    if (unreadable !== undefined)
      throw credentialError(
        unreadable.key,
        `the file can't be read${codeOf(error)}; give its path here${unreadable.otherwise}`,
      );
    const user = config.getCurrentUser();
    const hasExec = Boolean(user?.exec);
    const plugin = hasExec ? "exec" : user?.authProvider ? "auth-provider" : undefined;
    // An identity provider may be out of reach for a moment.
    if (!hasExec && isFromNetwork(error) && !isAboutFile(error)) throw error;
    const key = `users[${JSON.stringify(user?.name)}].user`;
    throw plugin === undefined
      ? credentialError(key, "the credentials can't be used")
      : credentialError(`${key}.${plugin}`, `it gives no credentials${codeOf(error)}; run it by itself to see why`);
  }
}

/**
 * The key of the file that couldn't be read, if that is the error. The key may have the file's content by mistake, and
 * the system's own error would quote it as a path.
 */
function fileKeyOf(config: KubeConfig, error: unknown): { key: string; otherwise: string } | undefined {
  const { path } = error as NodeJS.ErrnoException;
  if (!isAboutFile(error)) return undefined;
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const ofUser = (key: string) => `users[${JSON.stringify(user?.name)}].user.${key}`;
  const authority = `clusters[${JSON.stringify(cluster?.name)}].cluster.certificate-authority`;
  const withData = (key: string) => ({ key, otherwise: `, or its content in base64 as ${key}-data` });
  const provider = user?.authProvider as { readonly config?: { readonly tokenFile?: string } } | undefined;
  const files: readonly [path: string | undefined, { key: string; otherwise: string }][] = [
    [cluster?.caFile, withData(authority)],
    [user?.certFile, withData(ofUser("client-certificate"))],
    [user?.keyFile, withData(ofUser("client-key"))],
    [provider?.config?.tokenFile, { key: ofUser("tokenFile"), otherwise: "" }],
  ];
  // Reading a folder gives an error without the path.
  return files.find(([file]) => file !== undefined && (path === undefined || file === path))?.[1];
}

/** Whether a file or folder of this machine couldn't be read. */
function isAboutFile(error: unknown): boolean {
  const { syscall, code } = error as NodeJS.ErrnoException;
  // A folder is only refused when it is read. Reading from a socket fails with other codes.
  return syscall === "open" || (syscall === "read" && code === "EISDIR");
}

/**
 * Headers without white space around their values, such as the line break at the end of a token's file. Refuses a value that
 * can't be sent; the client's own error would quote it.
 */
export function usableHeaders(config: KubeConfig, headers: Readonly<Record<string, string>>): Record<string, string> {
  const trimmed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
  for (const value of Object.values(trimmed))
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw credentialError(
        `users[${JSON.stringify(config.getCurrentUser()?.name)}].user`,
        "the token has a character that no HTTP header may have, such as a line break",
      );
  return trimmed;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^E[A-Z]+$/.test(code) ? ` (${code})` : "";
}

function credentialError(key: string, what: string): VnicError {
  return new VnicError("invalid", `${key}: ${what}; correct the kubeconfig`);
}
