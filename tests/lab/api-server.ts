import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { certificate, privateKey } from "./certificates.ts";
import { cluster } from "./layout.ts";

/** Queries the lab's API server as administrator; undefined if the request fails. */
export async function get(path: string): Promise<string | undefined> {
  const [ca, cert, key] = await Promise.all(
    [certificate("ca"), certificate("admin"), privateKey("admin")].map((file) => readFile(file)),
  );
  const credentials = { ca: ca ?? "", cert: cert ?? "", key: key ?? "" };
  return new Promise((resolve) => {
    const call = request(
      `https://${cluster.control}${path}`,
      { ...credentials, agent: false, timeout: 5000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined));
      },
    );
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(undefined));
    call.end();
  });
}

/** Names of the ready nodes. */
export async function findReadyNodes(): Promise<string[]> {
  const answer = await get("/api/v1/nodes");
  if (answer === undefined) return [];
  const list = JSON.parse(answer) as NodeList;
  return list.items
    .filter((node) => node.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True"))
    .filter((node) => (node.spec?.taints ?? []).length === 0)
    .map((node) => node.metadata.name);
}

interface NodeList {
  items: {
    metadata: { name: string };
    spec?: { taints?: unknown[] };
    status?: { conditions?: { type: string; status: string }[] };
  }[];
}
