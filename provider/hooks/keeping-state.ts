import { IncompleteError } from "../lifecycle/incomplete-error.ts";
import { withoutUndefined } from "../model/vnic/state.ts";

/** A resource that is being created or changed. */
export interface Unfinished {
  readonly id: string;
  /** What state keeps in addition to what is made. */
  readonly kept: object;
  /** The message if it is left incomplete. */
  readonly words: string;
  readonly __provider: string | undefined;
}

/**
 * Creates or changes a resource, and returns its state. If that fails half-way, the engine is told what exists, so
 * that it is kept in state.
 */
export async function keepingState<State extends object>(
  { id, kept, words, __provider }: Unfinished,
  make: () => Promise<State>,
): Promise<State> {
  try {
    return withoutUndefined({ ...(await make()), ...kept }) as State;
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error;
    const properties = withoutUndefined({ ...error.state, ...kept, __provider });
    throw Object.assign(new Error(words, { cause: error }), { id, properties, reasons: [error.message] });
  }
}
