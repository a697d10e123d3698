import { hostSideName } from "../model/names.ts";
import { bridgePortSteps, carrierSysctls } from "../model/link/link-steps.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { fdbRows, ipBatch } from "./link.ts";
import { runIn } from "./netns.ts";
import { setSysctls } from "./sysctl.ts";

/*
 * The node's end of a veth pair (mode bridge), which is a port of the bridge. A bridge learns the source MACs of frames
 * without limit (bridge(8), `fdb`), and any pod can send raw frames. So the bridge learns nothing from this port, and
 * gets one entry that can't move to another port: the Vnic's MAC.
 */

/** A row of `bridge -j fdb`. */
interface FdbRow {
  readonly mac?: string;
  readonly state?: string;
  readonly flags?: readonly string[];
}

type Port = Pick<InjectPlan, "vnic" | "mac">;

/** Protects the node and its bridge from what comes in by a new port. */
export async function guardPort({ vnic: { uid }, mac }: Port): Promise<void> {
  const name = hostSideName(uid);
  await setSysctls("node", carrierSysctls(name));
  await runIn("node", "bridge", ["fdb", "replace", mac, "dev", name, "master", "static", "sticky"]);
}

/** Makes an existing end a port of the bridge, which may have been recreated, with the Vnic's present MAC. */
export async function renewPort(port: Port, bridge: string): Promise<void> {
  const name = hostSideName(port.vnic.uid);
  await ipBatch("node", bridgePortSteps(port.vnic.uid, bridge));
  await guardPort(port);
  for (const { mac, state, flags = [] } of await fdbRows<FdbRow>(name))
    if (mac !== undefined && mac !== port.mac && state === "static" && flags.includes("sticky"))
      await runIn("node", "bridge", ["fdb", "del", mac, "dev", name, "master"]);
}
