import { expect } from "chai";
import { addressRecord, type StoredAddress } from "../../../provider/model/address/address.ts";
import { vnicId } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import { startVnicController } from "../../../provider/reconciler/controller.ts";
import { vnicsWithoutClaims } from "../../../provider/reconciler/lost-claims.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { Pace } from "../../../provider/reconciler/pace.ts";
import { vnicsByPlaceOf } from "../../../provider/reconciler/vnics-by-place.ts";
import { settle } from "../../fakes/clock.ts";
import { containerId, injectResult, storedVnic, uid } from "../../fakes/objects.ts";
import { FakeWatched } from "../../fakes/watched.ts";

describe("a claim that is deleted while its Vnic has the address", () => {
  const value = "192.168.50.10";
  const plain = storedVnic({ addresses: [`${value}/24`] });
  const { metadata, ...rest } = addressRecord({ segment: "eth1", value, property: "" }, plain.metadata);
  const claim: StoredAddress = { ...rest, metadata: { ...metadata, uid: uid(60), resourceVersion: "7" } };
  const known = { name: metadata.name, uid: uid(60), resourceVersion: "7" };
  const at = { uid: uid(2), node: "worker-1", containerId };
  const attached: StoredVnic = {
    ...plain,
    status: attachedStatus(plain, at, injectResult(), new Date(), { addressClaims: [known] }),
  };
  const changed = { ...attached, metadata: { ...attached.metadata, generation: 2 } };
  const deleted = { ...attached, metadata: { ...attached.metadata, deletionTimestamp: "2026-11-23T10:00:00Z" } };
  /** Another Vnic that waits for the address. */
  const waiting: StoredVnic = {
    ...plain,
    metadata: { ...plain.metadata, name: "waiting", uid: uid(9) },
    status: {
      observedGeneration: 1,
      conditions: [
        {
          ...{ type: "Ready", status: "False", reason: "HeldByOther", message: "it is held" },
          lastTransitionTime: "2026-11-23T08:00:00Z",
        },
      ],
    },
  };

  /** The Vnics that are reconciled once the claim is gone, and those of them that claim again. */
  async function afterDeletion(holder: StoredVnic): Promise<{ reconciled: string[]; lost: string[] }> {
    const reconciled: string[] = [];
    const findVnic = async (ref: { namespace: string; name: string }) => void reconciled.push(vnicId(ref));
    const marks = { due: new Set<string>(), lost: new Set<string>() };
    const add = marks.lost.add.bind(marks.lost);
    const lost: string[] = [];
    marks.lost.add = (id) => (lost.push(id), add(id));
    const [vnics, addresses] = [new FakeWatched<StoredVnic>(holder, waiting), new FakeWatched<StoredAddress>(claim)];
    const stop = startVnicController(
      { cluster: { findVnic }, claims: { forget: () => undefined }, log: () => undefined, ...marks } as never,
      {
        ...{ vnics, vnicsByPlace: vnicsByPlaceOf(vnics), addresses, pods: new FakeWatched(), metrics: makeMetrics() },
        ...{ resyncSeconds: 300, pace: new Pace(), sweeps: { nodes: [], visit: () => undefined } },
      },
    );
    await settle();
    reconciled.length = 0;
    addresses.remove(claim);
    await settle();
    await stop();
    return { reconciled, lost };
  }

  it("is claimed again by that Vnic, before one that waits for the address", async () => {
    const id = vnicId(attached.metadata);
    expect(await afterDeletion(attached)).to.deep.equal({ reconciled: [id], lost: [id] });
  });

  for (const [what, holder] of Object.entries({ changed, deleted }))
    it(`is freed if its Vnic is being ${what}, and the one that waits gets it`, async () => {
      expect(await afterDeletion(holder)).to.deep.equal({ reconciled: [vnicId(waiting.metadata)], lost: [] });
    });

  it("is noticed at the next check if nothing was there to see it", () => {
    const among = (vnic: StoredVnic, ...claims: StoredAddress[]) =>
      vnicsWithoutClaims({ list: () => claims }, { list: () => [vnic, waiting] });
    const taken = { ...claim, spec: { ...claim.spec, holder: { ...claim.spec.holder, uid: uid(9) } } };
    expect(among(attached)).to.deep.equal([vnicId(attached.metadata)]);
    expect(among(attached, taken), "another Vnic's by now").to.deep.equal([vnicId(attached.metadata)]);
    expect(among(attached, claim)).to.deep.equal([]);
    for (const vnic of [changed, deleted]) expect(among(vnic)).to.deep.equal([]);
  });
});
