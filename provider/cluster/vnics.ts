import { isVnicError } from "../base/errors.ts";
import { fieldManager, finalizer, group, version, vnicId } from "../model/names.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { find } from "./call.ts";
import type { VnicCluster } from "./cluster.ts";
import { type RecordApi, recordCalls } from "./records.ts";
import type { List } from "./watch.ts";

/** The calls for records of Vnics. */
export function vnicCalls(api: RecordApi): VnicCluster & { listAllVnics(): Promise<List<StoredVnic>> } {
  const { server, objects, patches } = api;
  const vnics = recordCalls<StoredVnic>(api, { kind: "Vnic", kinds: "Vnics" });
  return {
    findVnic: vnics.find,
    listAllVnics: () => vnics.listAll(),
    listVnics: async (labelSelector, namespace) =>
      namespace === undefined
        ? (await vnics.listAll({ labelSelector })).items
        : vnics.list(namespace, { labelSelector }),
    listVnicsIn: (namespace, limit) => vnics.list(namespace, { limit }),
    createVnic: vnics.create,
    applyVnic: vnics.apply,
    applyVnicStatus: async (ref, status) => void (await vnics.applyStatus(ref, status, fieldManager)),
    changeVnicStatus: vnics.changeStatus,
    changeVnic: vnics.change,
    swapVnicAnnotation: async (ref, annotation, was, is) => {
      const path = `/metadata/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const then = is === undefined ? { op: "remove", path } : { op: "replace", path, value: is };
      const body = [{ op: "test", path, value: was }, then];
      const resource = { group, version, plural: "vnics" };
      try {
        const swapped: unknown = await find(server, `changing Vnic ${vnicId(ref)}`, () =>
          objects.patchNamespacedCustomObject({ ...resource, ...ref, body, fieldManager }, patches.json),
        );
        return swapped !== undefined;
      } catch (error) {
        if (isVnicError(error, "outdated")) return false;
        throw error;
      }
    },
    deleteVnic: vnics.delete,
    releaseVnic: (ref, uid, known) => vnics.release(ref, uid, finalizer, known),
  };
}
