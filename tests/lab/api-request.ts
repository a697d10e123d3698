import { request } from "node:https";

/** Address of an API server, and credentials for it. */
export interface ApiAccess {
  readonly url: string;
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends a GET request over a connection of its own. */
export function ask({ url, token, ...credentials }: ApiAccess, path: string, timeoutSeconds = 10): Promise<Answer> {
  const headers = { Accept: "application/json", ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) };
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}${path}`,
      { ...credentials, headers, agent: false, timeout: timeoutSeconds * 1000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", reject);
    call.end();
  });
}
