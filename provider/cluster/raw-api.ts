import { call, find } from "./call.ts";
import { Connection } from "./connection.ts";
import type { Access } from "./kubeconfig.ts";
import { jsonOf, rawRequest } from "./raw-request.ts";

/** Access to objects of any kind by path, for commands that need more kinds than the lifecycle. */
export interface RawApi {
  readonly server: string;
  /** Undefined if there is no such object; an unknown kind is an error of kind `notInstalled`. */
  get<T>(path: string): Promise<T | undefined>;
  post<T>(path: string, body: object): Promise<T>;
  /** Marks for deletion; returns `false` if it is gone already. */
  delete(path: string, options?: object): Promise<boolean>;
  /**
   * Measures the time of a small request in milliseconds, and how far the server's clock is ahead of ours in seconds.
   */
  measure(): Promise<{ milliseconds: number; aheadSeconds: number }>;
}

/** Opens a connection for reading and deleting objects by path. */
export async function openRawApi(access: Access): Promise<RawApi> {
  const client = await import("./client.ts");
  const connection = new Connection(client, access);
  const send = rawRequest(client, connection);
  return {
    get server() {
      return connection.server;
    },
    get: <T>(path: string) => find(connection, `reading ${path}`, () => jsonOf<T>(send("GET", path))),
    post: <T>(path: string, body: object) =>
      call(connection, `posting to ${path}`, () => jsonOf<T>(send("POST", path, body))),
    delete: async (path, options) =>
      (await find(connection, `deleting ${path}`, () => send("DELETE", path, options))) !== undefined,
    measure: () =>
      call(connection, "asking the API server for its version", async () => {
        const began = performance.now();
        const { headers } = await send("GET", "/version");
        const milliseconds = performance.now() - began;
        // The header has whole seconds, so on average it is half a second behind.
        const server = Date.parse(headers.date ?? "") + 500;
        return { milliseconds, aheadSeconds: (server - (Date.now() - milliseconds / 2)) / 1000 };
      }),
  };
}
