import { IncompleteError } from "../lifecycle/incomplete-error.ts";
import { withoutUndefined } from "../model/vnic/state.ts";

/** A resource that is being created or changed. */
export interface Unfinished {
  readonly id: string;
  /** Properties that the state has in addition to those that `make` returns. */
  readonly kept: object;
  /** The error's message if `make` fails half-way. */
  readonly words: string;
  readonly __provider: string | undefined;
}

/**
 * Creates or changes a resource, and returns its state. If that fails half-way, the engine gets the incomplete state,
 * and keeps it.
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
