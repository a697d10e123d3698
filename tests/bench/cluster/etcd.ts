import type { StoredObject } from "./population.ts";

/** The number of operations in a transaction that etcd accepts without being configured. */
const operations = 100;

const encoded = (text: string): string => Buffer.from(text).toString("base64");

/**
 * Writes objects into etcd by its HTTP gateway, past the API server, which would need many minutes to create and then
 * update each of tens of thousands of pods. The API server reads JSON as it reads its own format.
 */
export async function fillEtcd(url: string, objects: Iterable<StoredObject>): Promise<number> {
  let written = 0;
  let batch: object[] = [];
  const flush = async (): Promise<void> => {
    const response = await fetch(`${url}/v3/kv/txn`, { method: "POST", body: JSON.stringify({ success: batch }) });
    if (!response.ok) throw new Error(`writing to etcd: HTTP ${response.status}: ${await response.text()}`);
    written += batch.length;
    batch = [];
  };
  for (const { key, value } of objects) {
    batch.push({ requestPut: { key: encoded(`/registry/${key}`), value: encoded(JSON.stringify(value)) } });
    if (batch.length === operations) await flush();
  }
  if (batch.length > 0) await flush();
  return written;
}
