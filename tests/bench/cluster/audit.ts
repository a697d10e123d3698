import { kindOf } from "../../support/request-kinds.ts";

/** What the API server's audit log says about one user's requests. */
export interface AuditSummary {
  /** Numbers by verb and kind, without watches. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly watches: number;
  /** Responses that refuse a request because of too many. */
  readonly refused: number;
  /** Responses with a code of 500 or above. */
  readonly failed: number;
  /** Lists without a limit. */
  readonly unlimited: readonly string[];
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly responseStatus?: { readonly code?: number };
}

const methods: Readonly<Record<string, string>> = {
  get: "GET",
  list: "GET",
  create: "POST",
  patch: "PATCH",
  update: "PUT",
  delete: "DELETE",
};

/** Counts the requests in lines of an audit log. An incomplete last line is left out. */
export function summarizeAudit(log: string): AuditSummary {
  const kinds: Record<string, number> = {};
  const unlimited = new Set<string>();
  let [requests, watches, refused, failed] = [0, 0, 0, 0];
  for (const line of log.split("\n").slice(0, -1)) {
    const { stage, verb, requestURI, responseStatus } = JSON.parse(line) as AuditEvent;
    const [path = "", query] = requestURI.split("?");
    const parameters = new URLSearchParams(query);
    if (verb === "watch") {
      if (stage === "ResponseStarted") watches++;
      continue;
    }
    if (stage !== "ResponseComplete") continue;
    requests++;
    const code = responseStatus?.code ?? 0;
    if (code === 429) refused++;
    if (code >= 500) failed++;
    const kind = kindOf(`${methods[verb] ?? verb.toUpperCase()} ${path}`);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (verb === "list" && !parameters.has("limit")) unlimited.add(kind);
  }
  return { kinds, requests, watches, refused, failed, unlimited: [...unlimited].sort() };
}
