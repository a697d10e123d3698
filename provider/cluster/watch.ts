import type { KubeConfig, KubernetesListObject, RequestContext } from "@kubernetes/client-node";
import type { Watched } from "./cluster.ts";
import type { Connection } from "./connection.ts";

type Client = typeof import("./client.ts");

export interface List<T> {
  readonly metadata?: object;
  readonly items: T[];
}

const patienceMilliseconds = 1000;

/**
 * Follows the objects of a kind in all namespaces. The promise is kept when they have been listed once. From then on the
 * watch is opened again whenever it ends, or when nothing came for 30 s, as a connection may die without a word; and the
 * list is read again when the server has forgotten where we were (410).
 */
export function watcher(client: Client, connection: Connection) {
  // What a watch asks of a kubeconfig. It would make a pool of connections of its own each time.
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
      again = setTimeout(() => void objects.start(), patienceMilliseconds);
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
