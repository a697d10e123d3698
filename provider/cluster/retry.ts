import pRetry from "p-retry";
import { isVnicError } from "../base/errors.ts";
import { httpCode, isFromNetwork, isRace, isSilence } from "./faults.ts";

/* Which failures of an API call may heal by themselves, and how long they are given to. */

/**
 * Time limit of one try, in milliseconds. It is far more than an answer takes. Without it, a connection that died silently would
 * block for ever.
 */
export const tryMilliseconds = 15_000;

/** How often a call is made again after such a failure. All our calls can be made twice. */
function retriesAfter(error: unknown): number {
  if (isVnicError(error)) return 0;
  // Refused credentials may have expired since they were read; a silent connection is made anew.
  if (httpCode(error) === 401 || isSilence(error)) return 1;
  if (secondsAsked(error) > 0) return 10;
  if (isRace(error)) return 4;
  const code = httpCode(error);
  // Overload, a restart, a list that has expired, or a cut connection.
  return (code === undefined ? isFromNetwork(error) : [410, 429, 500, 502, 503, 504].includes(code)) ? 4 : 0;
}

/** Whether the next try needs other credentials or another connection. */
function needsNewConnection(error: unknown): boolean {
  return httpCode(error) === 401 || isSilence(error);
}

/** The connection that requests take, with its credentials, and how it is made anew. */
export interface ApiConnection {
  readonly current: object;
  renew(used: object): void;
}

/** Makes an API call, and makes it again as long as what goes wrong may heal: some seconds, or as the server asks. */
export async function withRetries<T>(connection: ApiConnection, request: () => Promise<T>): Promise<T> {
  let used = connection.current;
  return pRetry(
    () => {
      used = connection.current;
      return request();
    },
    {
      retries: 10,
      minTimeout: 100,
      maxTimeout: 2000,
      factor: 2,
      randomize: true,
      shouldRetry: async ({ error, attemptNumber }) => {
        if (needsNewConnection(error)) connection.renew(used);
        if (attemptNumber > retriesAfter(error)) return false;
        await new Promise((resolve) => setTimeout(resolve, secondsAsked(error) * 1000));
        return true;
      },
    },
  );
}

/** `Retry-After` in seconds (RFC 9110, 10.2.3), at most ten. */
function secondsAsked(error: unknown): number {
  const seconds = Number((error as { headers?: Record<string, string> }).headers?.["retry-after"]);
  return seconds > 0 ? Math.min(seconds, 10) : 0;
}
