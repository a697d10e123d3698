import { STATUS_CODES } from "node:http";
import { isVnicError, VnicError } from "../base/errors.ts";
import { truncate } from "../base/quote.ts";
import { maxLength } from "../model/schema/bounds.ts";
import { apiVersion, systemNamespace } from "../model/names.ts";

/* Classifies failures of API calls. */

/** The fields of Kubernetes' failure response (`metav1.Status`) that we read. */
interface StatusBody {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly group?: string;
    readonly causes?: readonly { readonly reason?: string }[];
  };
}

export const installHint = `install them: npx pulumi-vnic manifests | kubectl apply -f -`;

/** "Not found" for the object or its namespace, but not for its kind. */
export class NotFound extends VnicError {}

/** Converts the failure of a call to one of our errors, whose message begins with `doing`. */
export function classify(error: unknown, server: string, doing: string): VnicError {
  if (isVnicError(error)) return error;
  const code = httpCode(error);
  const status = statusOf(error);
  const words = truncate(status.message ?? unexplained(code), maxLength.message);
  // The client's error has the headers of the response, which may be credentials.
  const from = code === undefined ? { cause: error } : {};
  const fault = (kind: VnicError["kind"], text: string) => new VnicError(kind, `${doing}: ${text}`, from);

  if (code === undefined)
    return isFromNetwork(error)
      ? fault("unreachable", `no answer from the API server at ${server}: ${networkWords(error)}`)
      : fault("invalid", `${networkWords(error)}; correct the kubeconfig`);
  const notInstalled = () => fault("notInstalled", `the cluster doesn't know ${apiVersion}; ${installHint}`);
  // Right after a CRD was deleted, the API server still knows the kind for a moment.
  if (code === 403 && words.includes("custom resource definition is terminating")) return notInstalled();
  if (code === 401) return fault("forbidden", `the API server refuses the credentials; renew the kubeconfig's`);
  if (code === 403) {
    const byRbac = / cannot \w+ resource /.test(words);
    return fault("forbidden", byRbac ? `${words}; grant it: npx pulumi-vnic manifests has the roles` : words);
  }
  if (code === 404) {
    if (!status.details?.name) return notInstalled();
    if (status.details.kind !== "namespaces") return new NotFound("failed", `${doing}: ${words}`);
    return status.details.name === systemNamespace
      ? new NotFound("notInstalled", `${doing}: namespace ${systemNamespace} is missing; ${installHint}`)
      : new NotFound("refused", `${doing}: there is no namespace ${JSON.stringify(status.details.name)}`);
  }
  if (code === 409) return fault("conflict", words);
  const denied = policyWords(words);
  if (denied !== undefined) return fault("refused", denied);
  // The response to a JSON patch whose "test" fails. Other rejected content is "Invalid" as well, but with details.
  if (code === 422 && !status.details?.kind) return fault("outdated", words);
  return fault("failed", `HTTP ${code}: ${words}`);
}

/**
 * The words for a response that isn't Kubernetes' own. Neither its body nor its headers are quoted: a proxy may repeat the
 * request in them, with its token, or set a cookie.
 */
function unexplained(code = 0): string {
  const name = STATUS_CODES[code] ?? "unknown";
  // An overloaded API server explains nothing either.
  if (code === 429 || code === 503) return name;
  return `${name}, without a Status of Kubernetes in the response; a proxy in between may have sent it`;
}

/** The message of a ValidatingAdmissionPolicy, without the names of the policy and its binding around it. */
function policyWords(words: string): string | undefined {
  return /ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request: ([^]*)/.exec(words)?.[1];
}

/** Whether the request or its response was lost in transit: errors of sockets, DNS and TLS, as undici wraps them. */
export function isFromNetwork(error: unknown): boolean {
  return causes(error).some(
    (cause) =>
      isSilence(cause) ||
      /^(E[A-Z]+|UND_ERR_\w+|\w*CERT\w*|\w*TLS\w*)$/.test(String((cause as { code?: string | number }).code ?? "")),
  );
}

/** Whether there was no response within the time limit of one try. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** Whether another writer interfered. A field conflict, or an object that already exists, doesn't count. */
export function isRace(error: unknown): boolean {
  const { reason, details } = statusOf(error);
  const held = details?.causes?.some((cause) => cause.reason === "FieldManagerConflict");
  return httpCode(error) === 409 && reason === "Conflict" && !held;
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

export function httpCode(error: unknown): number | undefined {
  const code = (error as { code?: unknown }).code;
  // Errors other than responses may have a code as well.
  return typeof code === "number" && code >= 100 ? code : undefined;
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

/** Describes a network error by its causes, because `fetch failed` alone says nothing. */
function networkWords(error: unknown): string {
  const words = causes(error).map((cause) => cause.message || (cause as { code?: string }).code || cause.name);
  return [...new Set(words)].join(": ");
}
