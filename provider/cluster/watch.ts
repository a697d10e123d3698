import type { KubeConfig, KubernetesListObject, RequestContext } from "@kubernetes/client-node";
import type { Watched } from "./cluster.ts";
import type { Connection } from "./connection.ts";

type Client = typeof import("./client.ts");

export interface List<T> {
  readonly metadata?: object;
  readonly items: T[];
}

const retryMilliseconds = 1000;

/**
 * Watches the objects of a kind in all namespaces. Resolves after the first list. From then on the watch is reopened
 * whenever it ends, or after 30 s without an event, since a connection may die silently. If the server no longer has
 * the resource version (410), the objects are listed again.
 */
export function watcher(client: Client, connection: Connection) {
  // The parts of a KubeConfig that a watch uses. The client would make a new connection pool for each watch.
  const config = {
    getCurrentCluster: () => connection.config.getCurrentCluster(),
    applySecurityAuthentication: (context: RequestContext) => connection.applySecurityAuthentication(context),
  } as KubeConfig;

  return async function watch<T extends object>(path: string, list: () => Promise<List<T>>): Promise<Watched<T>> {
    let failure: Error | undefined;
    const listOrFail = () =>
      list().catch((error: Error) => {
        failure = error;
        throw error;
      }) as Promise<KubernetesListObject<T>>;
    const objects = new client.ListWatch<T>(path, new client.Watch(config), listOrFail, false);
    let again: NodeJS.Timeout | undefined;
    const stop = () => {
      clearTimeout(again);
      void objects.stop();
    };
    objects.on("error", () => {
      again = setTimeout(() => void objects.start(), retryMilliseconds);
    });
    await objects.start();
    if (failure === undefined)
      return {
        list: () => objects.list(),
        onChange: (listener) => objects.on("change", listener),
        onGone: (listener) => objects.on("delete", listener),
        stop,
      };
    stop();
    throw failure;
  };
}
