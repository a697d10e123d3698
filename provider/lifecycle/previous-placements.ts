import type { RunningPod } from "../model/kubernetes/pod.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { placementOf, type StoredVnic, vnicRef } from "../model/vnic/record.ts";
import type { VnicState } from "../model/vnic/state.ts";
import type { HeldClaim } from "./claim.ts";
import type { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { eject, removeFromNode } from "./eject.ts";

/** A Vnic to be injected, and its state, if there is any. */
interface PendingInjection {
  readonly driver: Driver;
  readonly definition: Definition;
  readonly options: { readonly known?: VnicState };
  readonly deadline: Deadline;
  readonly pod: RunningPod;
  readonly claim: Pick<HeldClaim, "confirm">;
}

/**
 * Removes what is in the way of an injection: a record that is being deleted, and the parts of an earlier realisation
 * on another node, or under a UID that no longer has a record. Runs before the new record is written, because that
 * overwrites where these parts are. Returns the record that remains.
 */
export async function cleanUpPreviousPlacements(
  { driver, definition, options: { known }, deadline, pod, claim }: PendingInjection,
  found: StoredVnic | undefined,
): Promise<StoredVnic | undefined> {
  const ref = vnicRef(definition);
  const keeping = { keepLease: definition.dhcp !== undefined };
  if (known && known.uid !== found?.metadata.uid)
    await removeFromNode(driver, { ...ref, uid: known.uid }, known.node, definition.pod.name, deadline, keeping);
  if (found?.metadata.deletionTimestamp) {
    await eject(driver, ref, { uid: found.metadata.uid }, deadline);
    return undefined;
  }
  const placement = found && placementOf(found);
  if (placement && placement.node !== pod.node) {
    await claim.confirm();
    driver.report(`removing it from node ${placement.node}`);
    await removeFromNode(driver, { ...ref, uid: found.metadata.uid }, placement.node, undefined, deadline, keeping);
  }
  return found;
}
