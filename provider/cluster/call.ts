import { type ApiConnection, withRetries } from "./retry.ts";
import { classify, isRace, NotFound } from "./faults.ts";
import { isVnicError, VnicError } from "../base/errors.ts";

/* One API call: retried while the failure may be temporary (retry.ts), then classified (faults.ts). */

/** The API server to call. */
export interface ApiServer extends ApiConnection {
  readonly server: string;
}

/** Runs one API call. `doing` is a gerund phrase with the object's name, with which every error begins. */
export async function call<T>(api: ApiServer, doing: string, request: () => Promise<T>): Promise<T> {
  try {
    return await withRetries(api, request);
  } catch (error) {
    throw classify(error, api.server, doing);
  }
}

/** Runs an API call like {@link call}, and returns `undefined` if the object doesn't exist. */
export async function find<T>(api: ApiServer, doing: string, request: () => Promise<T>): Promise<T | undefined> {
  return call(api, doing, request).catch(undefinedIfGone);
}

/** Handles the failure of a call: `undefined` where the object does not exist. */
export function undefinedIfGone(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error;
}

/** Creates an object; returns `false` when there is one of that name already. */
export async function create(api: ApiServer, doing: string, request: () => Promise<unknown>): Promise<boolean> {
  try {
    await call(api, doing, request);
    return true;
  } catch (error) {
    if (isVnicError(error, "conflict")) return false;
    throw error;
  }
}

/**
 * Deletes an object by a request with preconditions. Returns undefined, and does nothing, if the object is gone or
 * doesn't meet them, because another object has its name.
 */
export async function deleteWithPreconditions<T>(
  api: ApiServer,
  doing: string,
  request: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await find(api, doing, request);
  } catch (error) {
    if (!isVnicError(error, "conflict")) throw error;
    return undefined;
  }
}

/** Changes one version of an object; `outdated` if the object was written since, or is gone. */
export async function changeVersion<T>(api: ApiServer, doing: string, request: () => Promise<T>): Promise<T> {
  const outdated = new VnicError("outdated", `${doing}: it was changed by another process meanwhile`);
  const changed = await find(api, doing, () => request().catch(throwOnRace(outdated)));
  if (changed === undefined) throw outdated;
  return changed;
}

/**
 * Makes a conflict final by throwing `instead`, which isn't retried. Used for a change that only applies to one version
 * of an object.
 */
export function throwOnRace(instead: VnicError): (error: unknown) => never {
  return (error) => {
    throw isRace(error) ? instead : error;
  };
}
