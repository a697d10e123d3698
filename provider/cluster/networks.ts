import { networkFinalizer, vnicId } from "../model/names.ts";
import type { AttachmentDefinition } from "../model/network/attachment-definition.ts";
import type { StoredNetwork } from "../model/network/record.ts";
import { find } from "./call.ts";
import type { NetworkCluster } from "./cluster.ts";
import { type RecordApi, recordCalls } from "./records.ts";

const attachmentDefinitions = { group: "k8s.cni.cncf.io", version: "v1", plural: "network-attachment-definitions" };

/** The calls for records of external networks. */
export function networkCalls(api: RecordApi): NetworkCluster {
  const networks = recordCalls<StoredNetwork>(api, { kind: "VnicNetwork", kinds: "VnicNetworks" });
  return {
    findNetwork: (name) => networks.find({ name }),
    listNetworks: () => networks.list(undefined, {}),
    applyNetwork: networks.apply,
    holdNetwork: (name, uid) => networks.hold({ name }, uid, networkFinalizer),
    releaseNetwork: (name, uid, known) => networks.release({ name }, uid, networkFinalizer, known),
    deleteNetwork: async (name, uid) => void (await networks.delete({ name }, uid)),
    findAttachmentDefinition: (ref) =>
      find<AttachmentDefinition>(api.server, `reading NetworkAttachmentDefinition ${vnicId(ref)}`, () =>
        api.objects.getNamespacedCustomObject({ ...attachmentDefinitions, ...ref }),
      ),
  };
}
