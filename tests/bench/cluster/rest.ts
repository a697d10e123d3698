import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** Requests to the API server as its administrator, over connections of their own. */
export class Rest {
  private readonly server: URL;
  private readonly agent: Agent;
  private readonly token: string;

  private constructor(server: URL, agent: Agent, token: string) {
    this.server = server;
    this.agent = agent;
    this.token = token;
  }

  static async open(kubeconfig: string): Promise<Rest> {
    const { clusters, users } = JSON.parse(await readFile(kubeconfig, "utf8")) as {
      clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
      users: [{ user: { token: string } }];
    };
    const { server, "certificate-authority-data": ca } = clusters[0].cluster;
    const agent = new Agent({ keepAlive: true, maxSockets: 64, ca: Buffer.from(ca, "base64") });
    return new Rest(new URL(server), agent, users[0].user.token);
  }

  /** Sends a request and returns the response's object. A status that isn't `accepted` is an error if it is a failure. */
  async send<T = object>(method: Method, path: string, body?: object, accepted: readonly number[] = []): Promise<T> {
    const { code, text } = await this.exchange(method, path, body);
    if (code >= 300 && !accepted.includes(code)) throw new Error(`${method} ${path}: HTTP ${code}: ${text}`);
    return JSON.parse(text) as T;
  }

  private exchange(method: Method, path: string, body?: object): Promise<{ code: number; text: string }> {
    return new Promise((resolve, reject) => {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const headers = { authorization: `Bearer ${this.token}`, "content-type": type };
      const call = request(new URL(path, this.server), { method, agent: this.agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      call.on("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** Runs `work` for each item, `width` at a time. */
export async function forEachAtOnce<T>(width: number, items: readonly T[], work: (item: T) => Promise<void>) {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
