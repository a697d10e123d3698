import { IncompleteError } from "../lifecycle/incomplete-error.ts";
import { withoutUndefined } from "../model/vnic/state.ts";

/** A resource that is being made or changed. */
export interface Unfinished {
  readonly id: string;
  /** UID of the cluster that it is in. */
  readonly clusterUid: string;
  /** What to say if it is left half-way. */
  readonly words: string;
  readonly __provider: string | undefined;
}

/** Runs what makes a resource, whose state it returns. If it fails half-way, the engine is told what exists, so that it stays in state. */
export async function keepingState<State extends object>(
  { id, clusterUid, words, __provider }: Unfinished,
  make: () => Promise<State>,
): Promise<State> {
  try {
    return withoutUndefined({ ...(await make()), clusterUid }) as State;
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error;
    const properties = withoutUndefined({ ...error.state, clusterUid, __provider });
    throw Object.assign(new Error(words, { cause: error }), { id, properties, reasons: [error.message] });
  }
}
