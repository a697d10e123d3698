import type { Session } from "../lifecycle/session/session.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import { placeOf } from "../model/vnic/record.ts";
import type { Log } from "./log.ts";

/**
 * Takes off a node what it holds of Vnics that are gone or elsewhere by now: of a node that was given up for lost, and came
 * back. Whatever is about to be made there has its place in a record already.
 */
export async function sweep(cluster: Cluster, log: Log, node: string, session: Session): Promise<void> {
  try {
    const { vnics } = await session.request("list", {});
    for (const vnic of vnics) {
      const { uid, namespace, name } = vnic;
      const record = await cluster.findVnic({ namespace, name });
      if (record?.metadata.uid === uid && placeOf(record)?.node === node) continue;
      const about = { vnic: `${namespace}/${name}` };
      try {
        await session.request("eject", { plan: { vnic } });
        log("info", `removed what node ${node} held of it, which is gone or elsewhere`, about);
      } catch (error) {
        // What keeps one Vnic, such as its pod, keeps no other.
        log("error", `sweeping node ${node}: ${messageOf(error)}`, about);
      }
    }
  } catch (error) {
    // The next session on that node sweeps again.
    log("error", `sweeping node ${node}: ${messageOf(error)}`);
  }
}
