import type { Watched } from "../cluster/cluster.ts";
import { vnicId } from "../model/names.ts";
import { placementOf, type StoredVnic } from "../model/vnic/record.ts";
import { WatchedIndex } from "./watched-index.ts";

/** The watched Vnics by their nodes. Those without one are found by namespace, whose key no node's name can equal. */
export function vnicsByPlaceOf(vnics: Watched<StoredVnic>): WatchedIndex<StoredVnic> {
  return new WatchedIndex(vnics, {
    idOf: ({ metadata }) => vnicId(metadata),
    keysOf: (record) => [placementOf(record)?.node ?? `${record.metadata.namespace}/`],
  });
}
