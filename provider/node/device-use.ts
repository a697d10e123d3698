import { ipRows, type Link } from "./link.ts";
import { parentRefusal } from "./parent-link.ts";
import { listResourceFiles } from "./resource-file.ts";

/* A device moves into its pod whole. The node's configuration of the device would be lost, even after it comes back. */

interface RouteRow {
  readonly dst?: string;
  readonly type?: string;
}

/** Refuses a device that the node has routes over, or that is the parent of other Vnics. */
export async function refuseUsedDevice(device: Link, uid: string): Promise<void> {
  const { name } = device;
  const [route] = (await Promise.all(["-4", "-6"].map((family) => routesBy(family, name)))).flat();
  if (route !== undefined)
    throw parentRefusal(
      `${name} carries the node's route to ${route}, which would end with the move; name another device`,
    );
  const files = await listResourceFiles();
  const child = files.find(
    ({ vnic, definition }) =>
      vnic.uid !== uid && isParent(device, definition.network.parent) && definition.network.mode !== "host-device",
  );
  if (child)
    throw parentRefusal(
      `${name} is the parent of Vnic ${child.vnic.namespace}/${child.vnic.name}, which would end with the move`,
    );
}

/** Routes over a device, except those that the kernel adds for every device that is up. */
async function routesBy(family: string, name: string): Promise<string[]> {
  const rows = await ipRows<RouteRow>("node", [family, "-j", "route", "show", "table", "all", "dev", name]);
  return rows.flatMap(({ dst = "", type = "unicast" }) =>
    type === "unicast" && !/^(fe80:|ff00:)/.test(dst) ? [dst] : [],
  );
}

function isParent({ name, mac, bus }: Link, parent: string): boolean {
  return parent === name || parent === mac || parent === bus;
}
