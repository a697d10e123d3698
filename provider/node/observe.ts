import type { ObservePlan, ObserveResult } from "../model/session-protocol.ts";
import { isSamePlace } from "./inject.ts";
import { listLinks, ownLink } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";

/** The NIC as it is in the pod now, and what the node's own file knows of it. */
export async function observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
  const association = await findSandbox(pod);
  const [links, file] = await Promise.all([
    listLinks({ path: netnsPath(association.netns) }),
    readResourceFile(vnic.uid),
  ]);
  const known = file && isSamePlace(file.association, association) ? file : undefined;
  const { alias: _, ...live } = ownLink(links, vnic.uid) ?? {};
  return {
    sandboxId: association.sandboxId,
    resourceFile: known !== undefined,
    ...("name" in live ? { interface: live } : {}),
    ...(known?.definition.mtu === undefined ? {} : { decidedMtu: known.definition.mtu }),
  };
}
