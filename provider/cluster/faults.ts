import pRetry from "p-retry";
import { isVnicError, messageOf, VnicError } from "../model/errors.ts";
import { apiVersion, systemNamespace } from "../model/names.ts";

/* What can go wrong between us and the API server: retried if it may heal within a second or two, then classified. */

/** Kubernetes' own account of a failure (`metav1.Status`), as far as we read it. */
interface StatusBody {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly name?: string; readonly kind?: string; readonly group?: string };
}

export const installHint = `install them: npx pulumi-vnic manifests | kubectl apply -f -`;

/** Runs one API call; `doing` is a gerund phrase with the object's name, and begins every error. */
export async function call<T>(server: string, doing: string, request: () => Promise<T>): Promise<T> {
  try {
    return await pRetry(request, {
      retries: 4,
      minTimeout: 100,
      factor: 2,
      randomize: true,
      shouldRetry: ({ error }) => mayHeal(error),
      onFailedAttempt: ({ error }) => waitAsAsked(error),
    });
  } catch (error) {
    throw classified(error, server, doing);
  }
}

/** The same, with `undefined` where the object isn't there. */
export async function find<T>(server: string, doing: string, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call(server, doing, request);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** "Not found" of the object or of its namespace, but not of its kind. */
class NotFound extends VnicError {}

function classified(error: unknown, server: string, doing: string): VnicError {
  if (isVnicError(error)) return error;
  const code = httpCode(error);
  const status = statusOf(error);
  const words = status.message ?? messageOf(error);
  const fault = (kind: VnicError["kind"], text: string) => new VnicError(kind, `${doing}: ${text}`, { cause: error });

  if (code === undefined)
    return isFromNetwork(error)
      ? fault("unreachable", `no answer from the API server at ${server}: ${networkWords(error)}`)
      : fault("invalid", `${networkWords(error)}; correct the kubeconfig`);
  if (code === 401) return fault("forbidden", `the API server refuses the credentials; renew the kubeconfig's`);
  if (code === 403) {
    const byRbac = / cannot \w+ resource /.test(words);
    return fault("forbidden", byRbac ? `${words}; grant it: npx pulumi-vnic manifests has the roles` : words);
  }
  if (code === 404) {
    if (!status.details?.name) return fault("notInstalled", `the cluster doesn't know ${apiVersion}; ${installHint}`);
    if (status.details.kind !== "namespaces") return new NotFound("failed", `${doing}: ${words}`, { cause: error });
    return status.details.name === systemNamespace
      ? new NotFound("notInstalled", `${doing}: namespace ${systemNamespace} is missing; ${installHint}`, {
          cause: error,
        })
      : new NotFound("refused", `${doing}: there is no namespace ${JSON.stringify(status.details.name)}`, {
          cause: error,
        });
  }
  if (code === 409) return fault("conflict", words);
  return fault("failed", `HTTP ${code}: ${words}`);
}

/** Overload, a restart, or a cut connection; all our writes can be sent twice. */
function mayHeal(error: unknown): boolean {
  if (isVnicError(error)) return false;
  const code = httpCode(error);
  return code === undefined ? isFromNetwork(error) : [429, 500, 502, 503, 504].includes(code);
}

/** Whether the request, or its answer, was lost on the way: errors of sockets, names and TLS, as undici wraps them. */
function isFromNetwork(error: unknown): boolean {
  return causes(error).some((cause) =>
    /^(E[A-Z]+|UND_ERR_\w+|\w*CERT\w*|\w*TLS\w*)$/.test((cause as { code?: string }).code ?? ""),
  );
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

/** `Retry-After` in seconds (RFC 9110, 10.2.3), at most ten. */
async function waitAsAsked(error: unknown): Promise<void> {
  const seconds = Number((error as { headers?: Record<string, string> }).headers?.["retry-after"]);
  if (seconds > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 10) * 1000));
}

function httpCode(error: unknown): number | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === "number" ? code : undefined;
}

function statusOf(error: unknown): StatusBody {
  const body = (error as { body?: unknown }).body;
  if (typeof body === "object" && body !== null) return body;
  try {
    return JSON.parse(String(body)) as StatusBody;
  } catch {
    return {};
  }
}

/** `fetch failed` alone says nothing; its causes do. */
function networkWords(error: unknown): string {
  const words = causes(error).map((cause) => cause.message || (cause as { code?: string }).code || cause.name);
  return [...new Set(words)].join(": ");
}
