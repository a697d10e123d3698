import type { KubeConfig, KubernetesListObject, RequestContext, Watch } from "@kubernetes/client-node";
import { type Clock, realClock, sleep } from "../base/clock.ts";
import type { Watched } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import type { List } from "./pages.ts";

type Client = Pick<typeof import("./client.ts"), "ListWatch" | "Watch">;

const retryMilliseconds = 1000;

/** The longest time without an event, after which the connection may have died silently. */
const silenceMilliseconds = 30_000;

/**
 * Watches the objects of a kind in all namespaces. Resolves after the first list. From then on the watch is reopened
 * whenever it ends, or after 30 s without an event. If the server no longer has the resource version (410), the objects
 * are listed again. `keep` reduces each object of an event as soon as it arrives.
 */
export function watcher(
  client: Client,
  connection: Pick<Connection, "config" | "applySecurityAuthentication">,
  clock: Clock = realClock,
) {
  // The parts of a KubeConfig that a watch uses. The client would make a new connection pool for each watch.
  const config = {
    getCurrentCluster: () => connection.config.getCurrentCluster(),
    applySecurityAuthentication: (context: RequestContext) => connection.applySecurityAuthentication(context),
  } as KubeConfig;
  return async function watch<T extends object>(
    path: string,
    list: () => Promise<List<T>>,
    keep: (object: T) => T = (object) => object,
  ): Promise<Watched<T>> {
    const requests = endingInSilence(new client.Watch(config), clock, keep);
    let first: List<T> | undefined = await list();
    const listNext = async () => {
      const objects = first ?? (await list());
      first = undefined;
      return objects as KubernetesListObject<T>;
    };
    const objects = new client.ListWatch<T>(path, requests, listNext, false, undefined, undefined, {
      delayFn: (milliseconds) => sleep(clock, milliseconds),
    });
    objects.on("error", () => void clock.after(retryMilliseconds, () => void objects.start()));
    await objects.start();
    return {
      list: () => objects.list(),
      listIn: (namespace) => objects.list(namespace),
      find: ({ namespace, name }) => objects.get(name, namespace),
      onChange: (listener) => objects.on("change", listener),
      onGone: (listener) => objects.on("delete", listener),
    };
  };
}

/**
 * Wraps the client's watch. A request ends after 30 s without an event, even if no response has come. Nothing that a
 * request receives after its end is passed on. Missing credentials end a request; the client's watch would throw.
 */
function endingInSilence<T>(watch: Watch, clock: Clock, keep: (object: T) => T): Watch {
  const open: Watch["watch"] = async (path, query, onEvent, onEnd) => {
    const request = new AbortController();
    let cancelLimit = (): void => undefined;
    const limitSilence = () => {
      cancelLimit();
      cancelLimit = clock.after(silenceMilliseconds, () =>
        // By this name, the client knows that it needn't wait before it opens the watch again.
        end(new DOMException(`no event for ${silenceMilliseconds / 1000} s`, "TimeoutError")),
      );
    };
    const end = (error: unknown) => {
      if (request.signal.aborted) return;
      request.abort();
      onEnd(error);
    };
    limitSilence();
    const pass: typeof onEvent = (type, object) => {
      if (request.signal.aborted) return;
      limitSilence();
      // An error is about the watch itself.
      onEvent(type, type === "ERROR" ? object : keep(object as T));
    };
    const opened = watch.watch(path, query, pass, end);
    opened.catch(end);
    request.signal.addEventListener("abort", () => {
      cancelLimit();
      void opened.then((response) => response.abort()).catch(() => undefined);
    });
    return request;
  };
  return { watch: open } as Watch;
}
