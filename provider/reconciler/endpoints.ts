import { createServer, type Server } from "node:http";
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
        return void metrics.render().then((text) => answer(200, text, metrics.contentType));
      default:
        return answer(404, "not found\n");
    }
  });
  return server.listen(port);
}
