import type { ResponseContext } from "@kubernetes/client-node";
import type { Connection } from "./connection.ts";
import { tryMilliseconds } from "./retry.ts";

type Client = Pick<
  typeof import("./client.ts"),
  "ApiException" | "HttpMethod" | "IsomorphicFetchHttpLibrary" | "RequestContext"
>;

/** Sends one request by path. A response of 300 or above is an error with its code. */
export type RawRequest = (method: "GET" | "POST" | "DELETE", path: string, body?: object) => Promise<ResponseContext>;

/** Makes a function for requests by path, whose responses aren't converted to the client's own types. */
export function rawRequest(client: Client, connection: Connection): RawRequest {
  const http = new client.IsomorphicFetchHttpLibrary();
  return async (method, path, body) => {
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
  };
}

/** The text of a response; undefined, without reading the rest, if it has more than `maxBytes` bytes. */
export async function textWithin(response: Promise<ResponseContext>, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (await response).body.stream() ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the response.
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The JSON of a response. */
export async function jsonOf<T>(response: Promise<ResponseContext>): Promise<T> {
  return JSON.parse(await (await response).body.text()) as T;
}
