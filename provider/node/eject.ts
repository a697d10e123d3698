import type { EjectPlan, EjectResult } from "../model/wire/session-protocol.ts";
import { isVnicError } from "../base/errors.ts";
import { askAgent } from "./agent-socket.ts";
import type { Report } from "./step.ts";
import { removeLink } from "./remove.ts";
import { readResourceFile, removeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";
import { dropTaggedIfUnused } from "./tagged-link.ts";

/** Removes the Vnic from the pod and the node, wherever its link is. Succeeds if there is nothing left to remove. */
export async function eject({ vnic, pod, keepLease }: EjectPlan, report: Report): Promise<EjectResult> {
  const began = performance.now();
  report("removing");
  const known = await readResourceFile(vnic.uid);
  // Stop the lease while the address is still on the link, so that the release reaches the server. Without an agent the
  // lease can't be released, and the server keeps it until it expires.
  if (known?.definition.dhcp) await askAgent({ verb: "stop", uid: vnic.uid, release: keepLease !== true });
  // The pod may have the link even if the resource file is lost.
  const association = known?.association ?? (pod && (await findSandbox(pod).catch(undefinedIfRefused)));
  const removed = await removeLink({ uid: vnic.uid, known, association });
  await removeResourceFile(vnic.uid);
  if (known) await dropTaggedIfUnused(known.definition.network);
  const steps = [{ step: "removing", milliseconds: performance.now() - began }];
  return { removed, resourceFile: known !== undefined, steps };
}

function undefinedIfRefused(error: unknown): undefined {
  if (!isVnicError(error, "refused")) throw error;
}
