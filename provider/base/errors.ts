import { printable } from "./printable.ts";

/**
 * The kind of failure, for code to branch on; the message is for people.
 * - `invalid`: an input breaks a rule
 * - `refused`: the cluster or the node doesn't allow it (no such pod, parent missing, name taken, …); nothing was
 * changed
 * - `conflict`: another Vnic, declaration or host has the record, the MAC or the address
 * - `outdated`: the object was changed since it was read; read it again
 * - `forbidden`: the cluster's RBAC or admission denies it
 * - `notInstalled`: our CRDs, namespace or service account are missing
 * - `unreachable`: no answer from the API server
 * - `deadline`: the deadline has passed
 * - `sessionBroken`: the injection session ended before it answered; the work may or may not be done
 * - `failed`: a step failed on the node
 */
export type ErrorKind =
  | "invalid"
  | "refused"
  | "conflict"
  | "outdated"
  | "forbidden"
  | "notInstalled"
  | "unreachable"
  | "deadline"
  | "sessionBroken"
  | "failed";

/** The object that a failure on the node is about, if the API server can tell more about that object. */
export type ErrorSubject =
  /** No node agent answers. */
  | { readonly type: "agent" }
  /** Another host on the network, with this MAC, has one of the Vnic's addresses. */
  | { readonly type: "host"; readonly mac: string }
  /** A link of the pod already has the name. */
  | { readonly type: "interface" }
  /** The node's name of the network, on which the driver hasn't claimed the Vnic's addresses. */
  | { readonly type: "segment"; readonly name: string };

/** An error that names its object and, if there is a remedy, the remedy. */
export class VnicError extends Error {
  override readonly name = "VnicError";
  readonly kind: ErrorKind;
  readonly subject: ErrorSubject | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    { subject, ...options }: ErrorOptions & { subject?: ErrorSubject } = {},
  ) {
    // A message may quote what others wrote, such as an annotation or a link's name.
    super(printable(message), options);
    this.kind = kind;
    this.subject = subject;
  }
}

export function isVnicError(error: unknown, ...kinds: ErrorKind[]): error is VnicError {
  return error instanceof VnicError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
