import { expect } from "chai";
import { annotations } from "../../../provider/model/names.ts";
import type { PodObject } from "../../../provider/model/kubernetes/pod.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { startVnicController } from "../../../provider/reconciler/controller.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { Pace } from "../../../provider/reconciler/pace.ts";
import { vnicsByPlaceOf } from "../../../provider/reconciler/vnics-by-place.ts";
import { settle } from "../../fakes/clock.ts";
import { pod, storedVnic } from "../../fakes/objects.ts";
import { FakeWatched } from "../../fakes/watched.ts";

/* Everybody who may write a pod or a record can change what nobody looks at, all the time. */
describe("the controller of Vnics", () => {
  const vnic = storedVnic();
  let pods: FakeWatched<PodObject>;
  let vnics: FakeWatched<StoredVnic>;
  let reconciled: number;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    [pods, vnics, reconciled] = [new FakeWatched<PodObject>(), new FakeWatched(vnic), 0];
    // The record is gone when it is read, so reconciling it is only one call.
    const findVnic = async () => void reconciled++;
    const claims = { forget: () => undefined };
    stop = startVnicController(
      { cluster: { findVnic }, claims, log: () => undefined, due: new Set(), lost: new Set() } as never,
      {
        ...{ vnics, vnicsByPlace: vnicsByPlaceOf(vnics), pods, addresses: new FakeWatched(), metrics: makeMetrics() },
        ...{ resyncSeconds: 300, pace: new Pace(), sweeps: { nodes: [], visit: () => undefined } },
      },
    );
    pods.put(pod());
    vnics.put(vnic);
    await settle();
    reconciled = 0;
  });
  afterEach(() => stop());

  /** How often the Vnic is reconciled if `change` is called a hundred times. */
  const after = async (change: (turn: number) => void) => {
    for (let turn = 0; turn < 100; turn++) {
      change(turn);
      await settle();
    }
    return reconciled;
  };
  const changed = (more: Partial<StoredVnic["metadata"]>, turn: number) =>
    vnics.put({ ...vnic, metadata: { ...vnic.metadata, resourceVersion: `${turn + 2}`, ...more } });

  it("does nothing when only other parts of a Vnic's pod change", async () => {
    const { metadata, ...rest } = pod();
    expect(
      await after((turn) => pods.put({ ...rest, metadata: { ...metadata, resourceVersion: `${turn}` } })),
    ).to.equal(0);
  });

  it("looks when the pod or the record is gone, even if nothing of it has changed before", async () => {
    pods.remove(pod());
    await settle();
    expect(reconciled).to.equal(1);
    vnics.remove(vnic);
    await settle();
    expect(reconciled).to.equal(2);
  });

  it("looks at a pod that lists its Vnics, which others may change", async () => {
    const nic = { name: "shop/lan", pod: "db-0", podUid: "1", interface: "net1", mac: "02:00:5e:10:00:01" };
    vnics.put({ ...vnic, status: { conditions: [], networkStatus: nic } });
    await settle();
    reconciled = 0;
    expect(await after(() => pods.put(pod()))).to.equal(100);
  });

  it("does nothing when only foreign labels, or what it doesn't keep, change in a record", async () => {
    expect(await after((turn) => changed({ labels: { ...vnic.metadata.labels, turn: `${turn}` } }, turn))).to.equal(0);
  });

  it("looks at a record when a driver writes its metadata or status, or somebody its spec", async () => {
    changed({ annotations: { [annotations.claim]: "x" } }, 1);
    await settle();
    expect(reconciled).to.equal(1);
    changed({ generation: 7 }, 2);
    await settle();
    expect(reconciled).to.equal(2);
    vnics.put({ ...vnic, status: { conditions: [] } });
    await settle();
    expect(reconciled).to.be.above(2);
  });
});
