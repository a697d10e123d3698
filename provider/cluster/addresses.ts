import type { CustomObjectsApi } from "@kubernetes/client-node";
import { isVnicError, VnicError } from "../base/errors.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { fieldManager, group, version } from "../model/names.ts";
import { type ApiServer, call, find, insteadOfRace } from "./call.ts";
import type { AddressCluster } from "./cluster.ts";
import type { List } from "./watch.ts";

/** The part of a cluster that keeps held addresses. */
export function addressCalls(
  server: ApiServer,
  objects: CustomObjectsApi,
  merge: NonNullable<Parameters<CustomObjectsApi["patchClusterCustomObject"]>[1]>,
): AddressCluster & { listAddresses(): Promise<List<StoredAddress>> } {
  const addresses = { group, version, plural: "vnicaddresses" };
  const words = ({ value, segment }: StoredAddress["spec"]) => `VnicAddress of ${value} behind ${segment}`;
  return {
    createAddress: async (record) => {
      try {
        await call(server, `creating ${words(record.spec)}`, () =>
          objects.createClusterCustomObject({ ...addresses, body: record, fieldManager }),
        );
        return true;
      } catch (error) {
        if (isVnicError(error, "conflict")) return false;
        throw error;
      }
    },
    findAddress: (name) =>
      find(server, `reading VnicAddress ${name}`, () =>
        objects.getClusterCustomObject({ ...addresses, name }),
      ) as Promise<StoredAddress | undefined>,
    passAddress: async ({ metadata: { name, uid, resourceVersion }, spec }, holder) => {
      const doing = `taking over ${words(spec)}`;
      const outdated = new VnicError("outdated", `${doing}: somebody else was faster`);
      const body: object = { metadata: { uid, resourceVersion }, spec: { holder } };
      const passed: unknown = await find(server, doing, () =>
        objects
          .patchClusterCustomObject({ ...addresses, name, body, fieldManager }, merge)
          .catch(insteadOfRace(outdated)),
      );
      if (!passed) throw outdated;
    },
    deleteAddress: async ({ metadata: { name, uid, resourceVersion }, spec }) => {
      try {
        await find(server, `freeing ${words(spec)}`, () =>
          objects.deleteClusterCustomObject({ ...addresses, name, body: { preconditions: { uid, resourceVersion } } }),
        );
      } catch (error) {
        // It was taken over: it is another Vnic's now.
        if (!isVnicError(error, "conflict")) throw error;
      }
    },
    listAddresses: () =>
      call(server, "listing VnicAddresses", () => objects.listClusterCustomObject(addresses)) as Promise<
        List<StoredAddress>
      >,
  };
}
