import type { AddressVersion, StoredAddress } from "../model/address/address.ts";
import { fieldManager, group, version } from "../model/names.ts";
import { isVnicError } from "../base/errors.ts";
import { call, changeVersion, deleteWithPreconditions } from "./call.ts";
import type { AddressCluster } from "./cluster.ts";
import { type RecordApi, recordCalls } from "./records.ts";

/** The calls for address claims. */
export function addressCalls(api: RecordApi): AddressCluster {
  const { server, objects, patches } = api;
  const records = recordCalls<StoredAddress>(api, { kind: "VnicAddress", kinds: "VnicAddresses" });
  const resource = { group, version, plural: "vnicaddresses" };
  const words = ({ value, segment }: AddressVersion["spec"]) => `VnicAddress of ${value} behind ${segment}`;
  return {
    createAddress: async (record) => {
      try {
        return await call<StoredAddress>(server, `creating ${words(record.spec)}`, () =>
          objects.createClusterCustomObject({ ...resource, body: record, fieldManager }),
        );
      } catch (error) {
        if (isVnicError(error, "conflict")) return undefined;
        throw error;
      }
    },
    findAddress: (name) => records.find({ name }),
    transferAddress: ({ metadata: { name, uid, resourceVersion }, spec }, holder, labels) => {
      const body: object = { metadata: { uid, resourceVersion, labels }, spec: { holder } };
      return changeVersion<StoredAddress>(server, `taking over ${words(spec)}`, () =>
        objects.patchClusterCustomObject({ ...resource, name, body, fieldManager }, patches.merge),
      );
    },
    labelAddress: ({ metadata: { name, uid, resourceVersion }, spec }, labels) => {
      const body: object = { metadata: { uid, resourceVersion, labels } };
      return changeVersion<StoredAddress>(server, `labelling ${words(spec)}`, () =>
        objects.patchClusterCustomObject({ ...resource, name, body, fieldManager }, patches.merge),
      );
    },
    listAddresses: (labelSelector) => records.list(undefined, { labelSelector }),
    deleteAddress: async ({ metadata: { name, uid, resourceVersion }, spec }) => {
      // If the resource version has changed, another Vnic has taken the address over.
      const deleted: unknown = await deleteWithPreconditions(server, `freeing ${words(spec)}`, () =>
        objects.deleteClusterCustomObject({ ...resource, name, body: { preconditions: { uid, resourceVersion } } }),
      );
      return deleted !== undefined;
    },
  };
}
