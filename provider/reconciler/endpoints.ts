import { createServer, type Server } from "node:http";
import { messageOf } from "../base/errors.ts";
import type { Metrics } from "./metrics.ts";

export interface EndpointsOptions {
  readonly port: number;
  readonly metrics: Metrics;
  /** The reason why the process can't do its work; undefined while it can. */
  readonly complaint: () => string | undefined;
  /** How long a connection may be silent, in milliseconds: any pod can open any number of connections. @default 5000 */
  readonly silenceMilliseconds?: number;
}

/** Serves `/healthz` (the process answers), `/readyz` (it can do its work) and `/metrics`. */
export function serveEndpoints({ port, metrics, complaint, silenceMilliseconds = 5000 }: EndpointsOptions): Server {
  const limits = {
    headersTimeout: silenceMilliseconds,
    requestTimeout: silenceMilliseconds,
    keepAliveTimeout: silenceMilliseconds,
    connectionsCheckingInterval: silenceMilliseconds / 5,
  };
  const render = recently(() => metrics.render());
  const server = createServer(limits, (request, response) => {
    const answer = (code: number, text: string, type = "text/plain") =>
      response.writeHead(code, { "content-type": type }).end(text);
    switch (request.url ?? "") {
      case "/healthz":
        return answer(200, "ok\n");
      case "/readyz": {
        const words = complaint();
        return answer(words === undefined ? 200 : 503, `${words ?? "ok"}\n`);
      }
      case "/metrics":
        return void render().then(
          (text) => answer(200, text, metrics.contentType),
          (error: unknown) => answer(500, `${messageOf(error)}\n`),
        );
      default:
        return answer(404, "not found\n");
    }
  });
  return server.listen(port);
}

/** How long a text with metrics is given to all who ask, because any pod can ask at any rate. */
const lifetimeMilliseconds = 1000;

/** Wraps `read`: its last result is used again for a while. */
function recently(read: () => Promise<string>): () => Promise<string> {
  let last: { readonly text: Promise<string>; readonly until: number } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now > last.until) last = { text: read(), until: now + lifetimeMilliseconds };
    return last.text;
  };
}
