import { isVnicError } from "../base/errors.ts";
import { annotations, fieldManager, finalizer, group, version, type VnicRef, vnicId } from "../model/names.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { find } from "./call.ts";
import type { VnicCluster } from "./cluster.ts";
import { type RecordApi, recordCalls } from "./records.ts";

/** The calls for records of Vnics. */
export function vnicCalls(api: RecordApi): VnicCluster {
  const { server, objects, patches } = api;
  const vnics = recordCalls<StoredVnic>(api, { kind: "Vnic", kinds: "Vnics" });

  /** Changes a record that has all these values, `null` for none; otherwise returns undefined and changes nothing. */
  const patchIf = async (
    ref: VnicRef,
    expected: readonly { readonly path: string; readonly value: string | null }[],
    change: object,
  ): Promise<StoredVnic | undefined> => {
    const body = [...expected.map((one) => ({ op: "test", ...one })), change];
    const resource = { group, version, plural: "vnics" };
    try {
      return await find<StoredVnic>(server, `changing Vnic ${vnicId(ref)}`, () =>
        objects.patchNamespacedCustomObject({ ...resource, ...ref, body, fieldManager }, patches.json),
      );
    } catch (error) {
      if (isVnicError(error, "outdated")) return undefined;
      throw error;
    }
  };

  return {
    findVnic: vnics.find,
    listVnics: (labelSelector, namespace) => vnics.list(namespace, { labelSelector }),
    listVnicsIn: vnics.listSome,
    hasVnic: (labelSelector, isIt) => vnics.some({ labelSelector }, isIt),
    createVnic: vnics.create,
    applyVnic: vnics.apply,
    applyVnicStatus: (ref, status) => vnics.applyStatus(ref, status, fieldManager),
    changeVnicStatus: vnics.changeStatus,
    changeVnic: vnics.change,
    claimVnic: ({ ref, uid, owner, node }, claim) => {
      const path = pathOf(annotations.claim);
      return patchIf(
        ref,
        [
          { path: "/metadata/uid", value: uid },
          { path: pathOf(annotations.owner), value: owner },
          // Nobody works on it: there is no claim, and the creator has finished.
          { path, value: null },
          { path: "/status/node", value: node },
        ],
        { op: "add", path, value: claim },
      );
    },
    swapVnicAnnotation: async (ref, annotation, was, is) => {
      const path = pathOf(annotation);
      const then = is === undefined ? { op: "remove", path } : { op: "replace", path, value: is };
      return (await patchIf(ref, [{ path, value: was }], then)) !== undefined;
    },
    deleteVnic: vnics.delete,
    releaseVnic: (ref, uid, known) => vnics.release(ref, uid, finalizer, known),
  };
}

/** The path of an annotation in a JSON patch. */
function pathOf(annotation: string): string {
  return `/metadata/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
