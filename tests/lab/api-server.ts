import { readFile } from "node:fs/promises";
import { type ApiAccess, ask } from "./api-request.ts";
import { certificate, privateKey } from "./certificates.ts";
import { cluster } from "./layout.ts";

/** The lab's API server, with the administrator's credentials. */
export async function adminAccess(): Promise<ApiAccess> {
  const files = [certificate("ca"), certificate("admin"), privateKey("admin")];
  const [ca = Buffer.of(), cert = Buffer.of(), key = Buffer.of()] = await Promise.all(
    files.map((file) => readFile(file)),
  );
  return { url: `https://${cluster.control}`, ca, cert, key };
}

/** Queries the lab's API server as administrator; undefined if the request fails. */
export async function get(path: string): Promise<string | undefined> {
  const answer = await ask(await adminAccess(), path, 20).catch(() => undefined);
  return answer?.status === 200 ? answer.text : undefined;
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
