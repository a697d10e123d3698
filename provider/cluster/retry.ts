import pRetry from "p-retry";
import { type Clock, realClock, sleep } from "../base/clock.ts";
import { isVnicError } from "../base/errors.ts";
import { httpCode, isFromNetwork, isRace, isSilence } from "./faults.ts";

/* Which failed API calls are retried, and for how long. */

/**
 * Time limit of one try in milliseconds, far more than a response takes. Without it, a connection that died silently
 * would block forever.
 */
export const tryMilliseconds = 15_000;

/** Time limit of one try for a Lease, which a leader must renew within ten seconds. */
export const leaseTryMilliseconds = 5000;

/** How often a call is retried after this failure. All our calls may be repeated. */
function retriesAfter(error: unknown): number {
  if (isVnicError(error)) return 0;
  // Credentials may have expired since they were read. If there was no response, the next try uses a new connection.
  if (httpCode(error) === 401 || isSilence(error)) return 1;
  if (secondsAsked(error) > 0) return 10;
  if (isRace(error)) return 4;
  const code = httpCode(error);
  // Overload, a restart, an expired list, or a lost connection.
  return (code === undefined ? isFromNetwork(error) : [410, 429, 500, 502, 503, 504].includes(code)) ? 4 : 0;
}

/** Whether the next try needs new credentials or a new connection. */
function needsNewConnection(error: unknown): boolean {
  return httpCode(error) === 401 || isSilence(error);
}

/** The connection and credentials for requests, and how to renew them. */
export interface ApiConnection {
  readonly current: object;
  renew(used: object): void;
  /** Called whenever the server refuses a request because it has too many. */
  overloaded?(): void;
}

/**
 * Runs an API call and retries it while its failures may be temporary: for some seconds, or as long as the server
 * asks. `clock` measures the time that the server asks for.
 */
export async function withRetries<T>(
  connection: ApiConnection,
  request: () => Promise<T>,
  clock: Clock = realClock,
): Promise<T> {
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
        if (httpCode(error) === 429) connection.overloaded?.();
        if (attemptNumber > retriesAfter(error)) return false;
        const seconds = secondsAsked(error);
        if (seconds > 0) await sleep(clock, seconds * 1000);
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
