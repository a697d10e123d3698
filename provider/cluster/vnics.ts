import { annotations, fieldManager, finalizer } from "../model/names.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { VnicCluster } from "./cluster.ts";
import { type RecordApi, recordCalls } from "./records.ts";

/** The calls for records of Vnics. */
export function vnicCalls(api: RecordApi): VnicCluster {
  const vnics = recordCalls<StoredVnic>(api, { kind: "Vnic", kinds: "Vnics" });

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
      return vnics.changeIf(
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
      return (await vnics.changeIf(ref, [{ path, value: was }], then)) !== undefined;
    },
    deleteVnic: vnics.delete,
    releaseVnic: (ref, uid, known) => vnics.release(ref, uid, finalizer, known),
  };
}

/** The path of an annotation in a JSON patch. */
function pathOf(annotation: string): string {
  return `/metadata/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
