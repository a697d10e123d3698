import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reply {
  readonly code: number;
  readonly body: object;
}

interface Request {
  /** Method and path. */
  readonly key: string;
  readonly body: unknown;
}

type Answer = Reply | ((request: Request) => Reply);

/** An empty Kubernetes API server, except for configured responses. */
export class FakeApiServer {
  url = "";
  private readonly received: Request[] = [];
  private readonly answers = new Map<string, Answer>([
    ["GET /api/v1/namespaces/kube-system", ok({ metadata: { uid: "9b2f7c5e-0000-4000-8000-000000000001" } })],
  ]);
  private readonly server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const [path = ""] = (incoming.url ?? "").split("?");
      const text = Buffer.concat(chunks).toString();
      const request: Request = { key: `${incoming.method} ${path}`, body: text === "" ? undefined : JSON.parse(text) };
      this.received.push(request);
      const answer = this.answers.get(request.key) ?? notFound(path);
      const { code, body } = typeof answer === "function" ? answer(request) : answer;
      outgoing.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });

  /** Sets the response to `"<METHOD> <path>"` from now on. */
  on(key: string, answer: Answer): this {
    this.answers.set(key, answer);
    return this;
  }

  /** Method and path of every request, in order. */
  get requests(): string[] {
    return this.received.map(({ key }) => key);
  }

  /** The bodies of requests with that method and path. */
  bodies(key: string): unknown[] {
    return this.received.filter((one) => one.key === key).map(({ body }) => body);
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function ok(body: object): Reply {
  return { code: 200, body };
}

/** A failure in Kubernetes' format (`metav1.Status`). */
export function failure(code: number, message: string, details: object = {}): Reply {
  return { code, body: { kind: "Status", apiVersion: "v1", status: "Failure", code, message, details } };
}

function notFound(path: string): Reply {
  const [name, kind] = path.split("/").reverse();
  return failure(404, `${kind} "${name}" not found`, { name, kind });
}
