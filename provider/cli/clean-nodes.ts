import pLimit from "p-limit";
import { isVnicError, messageOf } from "../base/errors.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { type NodeObject, readNode } from "../model/kubernetes/node.ts";
import { stateDirectory } from "../model/kubernetes/runtime-layout.ts";
import { systemNamespace } from "../model/names.ts";
import type { Uninstaller } from "./delete-records.ts";

const nodeSeconds = 60;

/** Empties our state directory on each ready node through an injection session, and prints the nodes where it stays. */
export async function cleanNodes({ api, cluster, image, report }: Uninstaller): Promise<void> {
  if (!(await api.get(`/api/v1/namespaces/${systemNamespace}`))) return;
  const nodes = await api.get<{ items: (NodeObject & { metadata: { name: string } })[] }>("/api/v1/nodes");
  const sessions = new SessionPool(cluster, { image });
  const limit = pLimit(8);
  try {
    await Promise.all(
      (nodes?.items ?? []).map((node) =>
        limit(async () => {
          const { name } = node.metadata;
          if (!readNode(node).ready) return report(`node ${name} isn't ready: ${stateDirectory} stays there`);
          const deadline = new Deadline(`cleaning node ${name}`, nodeSeconds);
          try {
            await sessions.use(name, deadline, (session) => session.request("purge", {}));
            report(`emptied ${stateDirectory} on node ${name}`);
          } catch (error) {
            // A Vnic that is still on a node must stop the uninstallation; other failures needn't.
            if (isVnicError(error, "refused")) throw error;
            report(`${stateDirectory} stays on node ${name}: ${messageOf(error)}`);
          }
        }),
      ),
    );
  } finally {
    await sessions.close();
  }
}
