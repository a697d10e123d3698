/** One line of a diagnosis. */
export interface Finding {
  readonly level: "ok" | "warning" | "fault";
  /** The examined object, such as `API server` or `node node1`. */
  readonly subject: string;
  /** The finding in words. */
  readonly message: string;
  /** The remedy; only for a warning or a fault. */
  readonly remedy?: string;
}

export function ok(subject: string, message: string): Finding {
  return { level: "ok", subject, message };
}

export function warning(subject: string, message: string, remedy: string): Finding {
  return { level: "warning", subject, message, remedy };
}

export function fault(subject: string, message: string, remedy: string): Finding {
  return { level: "fault", subject, message, remedy };
}

/** A number of things in words: `1 fault`, `2 faults`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The command that applies the manifests. */
export const installRemedy = "npx pulumi-vnic manifests | kubectl apply --server-side -f -";
