import type { ResponseContext } from "@kubernetes/client-node";
import { call, find } from "./call.ts";
import { Connection } from "./connection.ts";
import type { Access } from "./kubeconfig.ts";
import { tryMilliseconds } from "./retry.ts";

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
  const http = new client.IsomorphicFetchHttpLibrary();

  async function send(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<ResponseContext> {
    const request = new client.RequestContext(connection.server + path, client.HttpMethod[method]);
    request.setHeaderParam("Accept", "application/json");
    if (body !== undefined) {
      request.setHeaderParam("Content-Type", "application/json");
      request.setBody(JSON.stringify(body));
    }
    request.setSignal(AbortSignal.timeout(tryMilliseconds));
    await connection.applySecurityAuthentication(request);
    const response = await http.send(request).toPromise();
    if (response.httpStatusCode < 300) return response;
    throw new client.ApiException(response.httpStatusCode, path, await response.body.text(), response.headers);
  }

  const parsed = async <T>(response: Promise<ResponseContext>) => JSON.parse(await (await response).body.text()) as T;
  return {
    get server() {
      return connection.server;
    },
    get: <T>(path: string) => find(connection, `reading ${path}`, () => parsed<T>(send("GET", path))),
    post: <T>(path: string, body: object) =>
      call(connection, `posting to ${path}`, () => parsed<T>(send("POST", path, body))),
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
