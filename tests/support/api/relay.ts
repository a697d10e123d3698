import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";

/** One request that went by. */
export interface Passed {
  readonly verb: string;
  /** What was asked for: the kind, with its subresource, such as `vnics/status`. */
  readonly kind: string;
  readonly isWatch: boolean;
}

/** Stands before an API server, passes everything on, and counts it; it can make the server seem slow. */
export class Relay {
  readonly passed: Passed[] = [];
  /** Each answer comes that much later. Watches are open from the beginning. */
  delayMilliseconds = 0;
  /** Requests that are under way now, without watches, and the most that ever were. */
  underWay = 0;
  mostUnderWay = 0;
  private readonly server: Server;
  private readonly target: URL;
  private readonly agent: Agent;

  private constructor(target: URL, ca: Buffer) {
    this.target = target;
    this.agent = new Agent({ ca, keepAlive: true });
    this.server = createServer((request, response) => this.pass(request, response));
  }

  /** Of the API server that the kubeconfig, a file, leads to. */
  static async start(kubeconfig: string): Promise<{ readonly relay: Relay; readonly kubeconfig: string }> {
    const direct = JSON.parse(await readFile(kubeconfig, "utf8")) as {
      clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    };
    const [{ cluster } = { cluster: undefined }] = direct.clusters;
    if (!cluster) throw new Error("the kubeconfig names no cluster");
    const relay = new Relay(new URL(cluster.server), Buffer.from(cluster["certificate-authority-data"], "base64"));
    await new Promise<void>((resolve) => relay.server.listen(0, "127.0.0.1", resolve));
    const { port } = relay.server.address() as AddressInfo;
    const through = { ...direct, clusters: [{ name: "api", cluster: { server: `http://127.0.0.1:${port}` } }] };
    return { relay, kubeconfig: JSON.stringify(through) };
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    this.agent.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** Forgets what was counted. */
  reset(): void {
    this.passed.length = 0;
  }

  /** How often each thing was asked for, watches left out: `"GET pods"` to 3. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { verb, kind, isWatch } of this.passed)
      if (!isWatch) counts[`${verb} ${kind}`] = (counts[`${verb} ${kind}`] ?? 0) + 1;
    return counts;
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url = "/" } = request;
    const passed = describe(method, url);
    this.passed.push(passed);
    if (!passed.isWatch) this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    response.once("close", () => (passed.isWatch ? undefined : this.underWay--));
    const headers = { ...request.headers, host: this.target.host };
    const onward = httpsRequest(new URL(url, this.target), { method, headers, agent: this.agent }, (answer) => {
      const give = () => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      };
      if (passed.isWatch || this.delayMilliseconds === 0) give();
      else setTimeout(give, this.delayMilliseconds);
    });
    onward.on("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }
}

function describe(method: string, url: string): Passed {
  const { pathname, searchParams } = new URL(url, "http://relay");
  // /api/v1/… or /apis/<group>/<version>/…, then perhaps a namespace, then kind, name and subresource.
  const [root, ...words] = pathname.split("/").filter(Boolean);
  const rest = words.slice(root === "api" ? 1 : 2);
  const [kind = "", name, subresource] = rest[0] === "namespaces" && rest.length > 2 ? rest.slice(2) : rest;
  const verb = method === "GET" && name === undefined ? "LIST" : method;
  return { verb, kind: subresource ? `${kind}/${subresource}` : kind, isWatch: searchParams.has("watch") };
}
