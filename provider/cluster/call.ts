import { type ApiConnection, withRetries } from "./retry.ts";
import { classified, isRace, NotFound } from "./faults.ts";
import type { VnicError } from "../base/errors.ts";

/* One API call: retried while its failure may heal (retry.ts), then classified (faults.ts). */

/** The API server that is called. */
export interface ApiServer extends ApiConnection {
  readonly server: string;
}

/** Runs one API call; `doing` is a gerund phrase with the object's name, and begins every error. */
export async function call<T>(api: ApiServer, doing: string, request: () => Promise<T>): Promise<T> {
  try {
    return await withRetries(api, request);
  } catch (error) {
    throw classified(error, api.server, doing);
  }
}

/** Runs an API call like {@link call}, and returns `undefined` where the object does not exist. */
export async function find<T>(api: ApiServer, doing: string, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call(api, doing, request);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** Throws `instead` of it, which isn't tried again: for what was meant for one version of an object alone. */
export function insteadOfRace(instead: VnicError): (error: unknown) => never {
  return (error) => {
    throw isRace(error) ? instead : error;
  };
}
