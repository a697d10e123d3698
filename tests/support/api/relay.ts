import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";

/** A proxy before an API server that passes everything on and counts the requests, except watches. */
export class Relay {
  /** Number of requests by verb and kind, with the subresource, such as `PATCH vnics/status`. */
  counts: Record<string, number> = {};
  /** Number of requests in progress. */
  underWay = 0;
  private readonly server: Server;
  private readonly target: URL;
  private readonly agent: Agent;

  private constructor(target: URL, ca: Buffer) {
    this.target = target;
    this.agent = new Agent({ ca, keepAlive: true });
    this.server = createServer((request, response) => this.pass(request, response));
  }

  /** Starts one for the API server of a kubeconfig file; the kubeconfig returned leads to the relay. */
  static async start(file: string): Promise<{ readonly relay: Relay; readonly kubeconfig: string }> {
    const direct = JSON.parse(await readFile(file, "utf8")) as {
      clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    };
    const [{ cluster } = { cluster: undefined }] = direct.clusters;
    if (!cluster) throw new Error("the kubeconfig names no cluster");
    const relay = new Relay(new URL(cluster.server), Buffer.from(cluster["certificate-authority-data"], "base64"));
    await new Promise<void>((resolve) => relay.server.listen(0, "127.0.0.1", resolve));
    const { port } = relay.server.address() as AddressInfo;
    const server = `http://127.0.0.1:${port}`;
    // The client accepts HTTP only if it isn't to verify anything.
    const through = { ...direct, clusters: [{ name: "api", cluster: { server, "insecure-skip-tls-verify": true } }] };
    return { relay, kubeconfig: JSON.stringify(through) };
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    this.agent.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url = "/" } = request;
    const what = describe(method, url);
    if (what !== undefined) {
      this.counts[what] = (this.counts[what] ?? 0) + 1;
      this.underWay++;
      response.once("close", () => this.underWay--);
    }
    const headers = { ...request.headers, host: this.target.host };
    const onward = httpsRequest(new URL(url, this.target), { method, headers, agent: this.agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }
}

/** The verb and kind of a request; undefined for a watch. */
function describe(method: string, url: string): string | undefined {
  const { pathname, searchParams } = new URL(url, "http://relay");
  if (searchParams.has("watch")) return undefined;
  // /api/v1/… or /apis/<group>/<version>/…, then namespaces/<namespace> if there is one, kind, name and subresource.
  const [root, ...words] = pathname.split("/").filter(Boolean);
  const rest = words.slice(root === "api" ? 1 : 2);
  const [kind = "", name, subresource] = rest[0] === "namespaces" && rest.length > 2 ? rest.slice(2) : rest;
  const verb = method === "GET" && name === undefined ? "LIST" : method;
  return `${verb} ${subresource ? `${kind}/${subresource}` : kind}`;
}
