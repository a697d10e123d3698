import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer, request as httpsRequest, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { certificate, privateKey } from "../lab/certificates.ts";
import { cluster } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { writeCredential } from "./cluster.ts";

/** How a request fails instead of being forwarded and answered. */
export type Fault =
  /** Sends this response, without asking the API server. */
  | { readonly answer: number; readonly reason?: string; readonly headers?: Record<string, string> }
  /** The connection ends before the request was forwarded. */
  | "cut"
  /** The request is forwarded, but the connection ends before the response. */
  | "answerLost"
  /** The connection stays open, but nothing passes any more. */
  | "silence";

/** Headers of a single connection (RFC 9110, 7.6.1), which aren't forwarded. */
const hopByHop = ["connection", "keep-alive", "transfer-encoding", "upgrade", "host"];

interface Stream {
  readonly client: Duplex;
  readonly server: Duplex;
}

/** An API server to put a proxy in front of. */
export interface ProxiedServer {
  /** Its address, as kubeconfigs have it. */
  readonly url: string;
  /** Files with its key and its certificate, which must be valid for 127.0.0.1, and with that of its authority. */
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
}

/** The lab's API server, whose own certificate is also valid for 127.0.0.1. */
const labServer: ProxiedServer = {
  url: `https://${cluster.control}`,
  key: privateKey("apiserver"),
  certificate: certificate("apiserver"),
  authority: certificate("ca"),
};

/** A request and its times, by `performance.now()`: of its arrival, and of the end of its answer. */
export interface Exchange {
  readonly request: string;
  readonly beganAt: number;
  readonly endedAt: number;
}

/** A proxy between a client and an API server, which forwards everything except for requested faults. */
export class FaultProxy {
  /** Method and path of every request except watches, in order. */
  readonly requests: string[] = [];
  /** Every request except watches and streams, in the order in which their answers ended. */
  readonly exchanges: Exchange[] = [];
  /** What clients sent in streams: when, by `performance.now()`, and how many bytes. */
  readonly sent: { readonly at: number; readonly bytes: number }[] = [];
  /** Number of requests, except watches, that have no complete answer yet. */
  underWay = 0;
  /** How long each request waits before it is forwarded, in milliseconds. */
  delayMilliseconds = 0;
  private readonly server: Server;
  private readonly target: URL;
  private readonly authority: Buffer;
  private readonly sockets = new Set<Socket>();
  private readonly dead = new Set<unknown>();
  private readonly streams = new Set<Stream>();
  private faultOf: (request: string) => Fault | undefined = () => undefined;
  private cutsFrom = Infinity;

  private constructor(server: Server, target: URL, authority: Buffer) {
    this.server = server;
    this.target = target;
    this.authority = authority;
    server.on("secureConnection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.sockets.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      this.later(() => this.serve(request, response)),
    );
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => this.later(() => this.upgrade(request, socket)));
  }

  /**
   * Uses HTTP/1.1, because an HTTP/2 server of Node.js doesn't survive connections that are cut at any moment.
   *
   * @param at Where clients connect to. @default a free port of 127.0.0.1
   */
  static async start(proxied = labServer, at = { host: "127.0.0.1", port: 0 }): Promise<FaultProxy> {
    const [key, cert, authority] = await Promise.all(
      [proxied.key, proxied.certificate, proxied.authority].map((path) => readFile(path)),
    );
    const server = createServer({ key: key ?? "", cert: cert ?? "" });
    const proxy = new FaultProxy(server, new URL(proxied.url), authority ?? Buffer.of());
    await new Promise<void>((resolve) => server.listen(at.port, at.host, resolve));
    return proxy;
  }

  async stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A copy of a kubeconfig that goes through this proxy. */
  async kubeconfig(direct: string): Promise<string> {
    const text = await readFile(direct, "utf8");
    const { port } = this.server.address() as AddressInfo;
    return text.replaceAll(this.target.origin, `https://127.0.0.1:${port}`);
  }

  /** Writes the kubeconfig to a file, which is removed with this process. */
  async kubeconfigFile(direct: string): Promise<string> {
    return writeCredential(await this.kubeconfig(direct));
  }

  /** Applies a fault to the next `times` requests (`"<METHOD> <path>"`) that match. */
  fault(pattern: RegExp, fault: Fault, times = 1): void {
    this.faultOf = (request) => (pattern.test(request) && times-- > 0 ? fault : undefined);
  }

  /** Applies a fault to the first attempt of every matching call. */
  faultOnce(pattern: RegExp, fault: Fault): void {
    const met = new Set<string>();
    this.faultOf = (request) => {
      if (!pattern.test(request) || met.has(request)) return undefined;
      met.add(request);
      return fault;
    };
  }

  /** Applies random faults to the given percentage of requests. */
  faultRandomly(percent: number): void {
    const faults: Fault[] = [{ answer: 503 }, { answer: 429, headers: { "retry-after": "1" } }, "cut", "answerLost"];
    this.faultOf = () =>
      Math.random() * 100 < percent ? faults[Math.floor(Math.random() * faults.length)] : undefined;
  }

  /** Resolves at the next request that matches. */
  async request(pattern: RegExp): Promise<void> {
    const seen = this.requests.length;
    await until(
      `a request like ${pattern}`,
      150,
      () => this.requests.slice(seen).some((one) => pattern.test(one)) || undefined,
    );
  }

  heal(): void {
    this.faultOf = () => undefined;
    this.cutsFrom = Infinity;
  }

  /** Ends all connections. */
  cutAll(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  /** Ends all upgraded connections. */
  cutStreams(): void {
    this.streams.forEach(({ client, server }) => [client, server].forEach((end) => end.destroy()));
  }

  /** Ends all upgraded connections as soon as a client has sent at least so many bytes at once over one of them. */
  cutStreamsFrom(bytes: number): void {
    this.cutsFrom = bytes;
  }

  /** Stops forwarding on the current upgraded connections, in both directions, without closing the connections. */
  silenceStreams(): void {
    for (const { client, server } of this.streams) {
      client.unpipe(server).pause();
      server.unpipe(client).pause();
    }
    this.streams.clear();
  }

  private later(work: () => void): void {
    if (this.delayMilliseconds === 0) work();
    else setTimeout(work, this.delayMilliseconds);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket: connection, method = "", url = "" } = request;
    if (this.dead.has(connection)) return;
    const fault = this.befalling(method, url);
    if (!isWatch(url)) {
      this.underWay++;
      const beganAt = performance.now();
      response.once("close", () => {
        this.underWay--;
        this.exchanges.push({ request: requestOf(method, url), beganAt, endedAt: performance.now() });
      });
    }
    const cut = () => connection.destroy();
    if (fault === "silence") return void this.dead.add(connection);
    if (fault === "cut") return void cut();
    if (typeof fault === "object") {
      const { answer: code, reason, headers } = fault;
      const status = {
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        code,
        reason,
        message: "a fault of the proxy",
      };
      response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(status));
      return;
    }
    const onward = this.pass(method, url, request.headers);
    onward.on("response", (answer) => {
      if (fault === "answerLost") {
        answer.resume().once("end", cut);
        return;
      }
      response.writeHead(answer.statusCode ?? 502, onlyEndToEnd(answer.headers));
      answer.pipe(response);
    });
    onward.on("error", cut);
    request.pipe(onward);
  }

  private upgrade(request: IncomingMessage, client: Duplex): void {
    client.on("error", () => undefined);
    const fault = this.befalling(request.method ?? "", request.url ?? "");
    if (fault === "silence") return;
    if (typeof fault === "object")
      return void client.end(`HTTP/1.1 ${fault.answer} Fault\r\ncontent-length: 0\r\n\r\n`);
    if (fault !== undefined) return void client.destroy();
    const onward = this.pass("GET", request.url ?? "", request.headers, true);
    onward.on("error", () => client.destroy());
    onward.on("response", (answer) => client.end(`HTTP/1.1 ${answer.statusCode} Refused\r\ncontent-length: 0\r\n\r\n`));
    onward.on("upgrade", (answer, server: Duplex, head) => {
      const lines = answer.rawHeaders.flatMap((word, index) =>
        index % 2 ? [] : [`${word}: ${answer.rawHeaders[index + 1]}`],
      );
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      client.write(head);
      const stream = { client, server };
      this.streams.add(stream);
      server.on("error", () => client.destroy());
      for (const end of [client, server]) end.once("close", () => this.streams.delete(stream));
      client.once("close", () => server.destroy());
      client.on("data", ({ length }: Buffer) => {
        this.sent.push({ at: performance.now(), bytes: length });
        if (length < this.cutsFrom) return;
        this.cutsFrom = Infinity;
        // What has come is forwarded first.
        setImmediate(() => this.cutStreams());
      });
      client.pipe(server);
      server.pipe(client);
    });
    onward.end();
  }

  private befalling(method: string, url: string): Fault | undefined {
    const request = requestOf(method, url);
    if (!isWatch(url)) this.requests.push(request);
    return this.faultOf(request);
  }

  private pass(method: string, path: string, headers: IncomingHttpHeaders, upgrade = false) {
    const kept = upgrade ? { ...headers, host: this.target.host } : onlyEndToEnd(headers);
    return httpsRequest({
      host: this.target.hostname,
      port: this.target.port || 443,
      ca: this.authority,
      method,
      path,
      headers: kept,
      agent: false,
    });
  }
}

function requestOf(method: string, url: string): string {
  return `${method} ${url.split("?")[0]}`;
}

function isWatch(url: string): boolean {
  return new URLSearchParams(url.split("?")[1]).has("watch");
}

function onlyEndToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}
