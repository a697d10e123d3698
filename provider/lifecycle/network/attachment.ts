import { isVnicError, VnicError } from "../../base/errors.ts";
import { attachmentWords, type ReadNetwork, readAttachment } from "../../model/network/attachment-definition.ts";
import { hasOwnMac } from "../../model/network/mode.ts";
import { placementProblems } from "../../model/network/placement.ts";
import { deriveMac, type VnicRef } from "../../model/names.ts";
import { omitUndefined } from "../../model/schema/known.ts";
import type { Definition } from "../../model/vnic/definition.ts";
import type { NetworkOnNode } from "../../model/vnic/state.ts";
import type { ClusterView } from "../view.ts";
import { refuseProblems } from "./terms.ts";

/* The network of a Vnic that names a NetworkAttachmentDefinition. */

/** Reads the NetworkAttachmentDefinition that a Vnic references; `own` is the namespace of a reference without one. */
export async function findAttachment(cluster: ClusterView, reference: string, own: string): Promise<ReadNetwork> {
  const ref = refIn(reference, own);
  const found = await cluster.findAttachmentDefinition(ref).catch((error: unknown) => {
    // The cluster may not know the kind at all.
    if (!isVnicError(error, "notInstalled")) throw error;
    return undefined;
  });
  if (!found) throw refusal(`there is no ${attachmentWords({ metadata: ref })}; create it first`);
  return readAttachment(found);
}

/** Makes the network for one Vnic. Refuses settings of the NetworkAttachmentDefinition that contradict the Vnic's. */
export function attachmentFor(
  { network, mtu, mac, repliesByNic, networkStatus }: ReadNetwork,
  definition: Pick<Definition, "mac" | "name" | "pod" | "gateways" | "replyVia" | "placement">,
): NetworkOnNode {
  const derived = deriveMac({ namespace: definition.pod.namespace, name: definition.name });
  const isDerived = definition.mac === derived;
  if (!hasOwnMac(network.mode) && mac !== undefined)
    throw refusal(`its tuning gives a MAC, but NICs of mode ${network.mode} share their parent's; remove mac there`);
  if (!hasOwnMac(network.mode) && !isDerived)
    throw refusal(`it is of mode ${network.mode}, whose NICs share their parent's MAC; leave mac out`);
  if (mac !== undefined && isDerived && mac !== derived)
    throw refusal(`its tuning gives all NICs the MAC ${mac}; give this Vnic mac: "${mac}", or another one`);
  const routed = (definition.gateways ?? []).length > 0 && definition.replyVia !== "pod";
  if (repliesByNic && !routed)
    throw refusal('its plugin sbr lets replies leave by the NIC; give the Vnic gateways, and not replyVia: "pod"');
  refuseProblems(placementProblems(network.mode, definition.placement));
  return { ...network, ...omitUndefined({ mtu, networkStatus }) };
}

/**
 * A line about settings of the NetworkAttachmentDefinition that have no effect, for the resource's row; undefined if
 * there are no such settings.
 */
export function unusedWords(reference: string, own: string, { unused }: ReadNetwork): string | undefined {
  if (unused.length === 0) return undefined;
  return `${attachmentWords({ metadata: refIn(reference, own) })}: a Vnic doesn't use ${unused.join(", ")}`;
}

/** Reads `<name>`, which is in the namespace `own`, or `<namespace>/<name>`. */
function refIn(reference: string, own: string): VnicRef {
  const [name = "", namespace = own] = reference.split("/").reverse();
  return { namespace, name };
}

function refusal(text: string): VnicError {
  return new VnicError("refused", `network.networkAttachmentDefinition: ${text}`);
}
