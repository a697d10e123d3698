import { expect } from "chai";
import { annotations } from "../../../provider/model/names.ts";
import type { PodObject } from "../../../provider/model/kubernetes/pod.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { reconcileVnic, startVnicController } from "../../../provider/reconciler/controller.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { Pace } from "../../../provider/reconciler/pace.ts";
import { isSettled } from "../../../provider/reconciler/settled.ts";
import { vnicsByPlaceOf } from "../../../provider/reconciler/vnics-by-place.ts";
import { settle } from "../../fakes/clock.ts";
import { fakeDriver } from "../../fakes/driver.ts";
import { containerId, pod, storedVnic, uid } from "../../fakes/objects.ts";
import { FakeWatched } from "../../fakes/watched.ts";

const id = "shop/db-wire";

describe("a Vnic that the watches show as complete", () => {
  let served: StoredVnic;
  before(async () => {
    const driver = fakeDriver();
    driver.cluster.store(storedVnic());
    await reconcileVnic({ ...driver, log: () => undefined, due: new Set(), lost: new Set() }, id);
    served = driver.cluster.vnics.get(id) as StoredVnic;
    await driver.sessions.close();
  });

  const withMetadata = (more: Partial<StoredVnic["metadata"]>): StoredVnic => ({
    ...served,
    metadata: { ...served.metadata, ...more },
  });
  const withNotes = (notes: Readonly<Record<string, string>>): StoredVnic =>
    withMetadata({ annotations: { ...served.metadata.annotations, ...notes } });
  const withStatus = (more: Partial<NonNullable<StoredVnic["status"]>>): StoredVnic => ({
    ...served,
    status: { conditions: [], ...served.status, ...more },
  });

  it("needs nothing", () => {
    expect(isSettled(served, pod())).to.equal(true);
  });

  const otherContainer = containerId.replaceAll("c0", "c1");
  const running = {
    phase: "Running",
    containerStatuses: [{ name: "a", containerID: otherContainer, state: { running: {} } }],
  };
  const nic = { name: "shop/lan", pod: "db-0", podUid: uid(2), interface: "net1", mac: "02:00:5e:10:00:01" };
  const cases: Record<string, () => [record: StoredVnic | undefined, pod: PodObject | undefined]> = {
    "the record is gone": () => [undefined, pod()],
    "the pod is gone": () => [served, undefined],
    "another pod has its name": () => [served, pod({ uid: uid(3) })],
    "its pod runs another container": () => [served, pod({ status: running })],
    "its pod has ended": () => [served, pod({ status: { ...pod().status, phase: "Succeeded" } })],
    "its pod waits": () => [served, pod({ status: { phase: "Pending" } })],
    "the record is marked for deletion": () => [withMetadata({ deletionTimestamp: "2026-11-23T10:00:00Z" }), pod()],
    "somebody has edited its spec": () => [withMetadata({ generation: 7 }), pod()],
    "a driver has a claim on it": () => [withNotes({ [annotations.claim]: "x" }), pod()],
    "it has no place": () => [withNotes({ [annotations.podUid]: "" }), pod()],
    "it may hold other addresses": () => [withNotes({ [annotations.held]: "[]" }), pod()],
    "it isn't ready": () => [withStatus({ conditions: [] }), pod()],
    "its pod should list it": () => [withStatus({ networkStatus: nic }), pod()],
    "its spec is invalid": () => [{ ...served, spec: { ...served.spec, addresses: ["x"] } }, pod()],
  };
  for (const [what, objects] of Object.entries(cases))
    it(`is looked at if ${what}`, () => {
      expect(isSettled(...objects())).to.equal(false);
    });

  it("isn't read at the start or after a change, but when it is due or has lost a claim", async () => {
    let reads = 0;
    const [vnics, pods] = [new FakeWatched(served), new FakeWatched<PodObject>(pod())];
    const marks = { due: new Set<string>(), lost: new Set<string>() };
    const stop = startVnicController(
      {
        cluster: { findVnic: async () => void reads++ },
        ...{ claims: { forget: () => undefined }, log: () => undefined, ...marks },
      } as never,
      {
        ...{ vnics, vnicsByPlace: vnicsByPlaceOf(vnics), pods, addresses: new FakeWatched(), metrics: makeMetrics() },
        ...{ resyncSeconds: 300, pace: new Pace(), sweeps: { nodes: [], visit: () => undefined } },
      },
    );
    await settle();
    vnics.put(withNotes({ [annotations.createdBy]: "x" }));
    pods.put(pod({ status: { ...pod().status, reason: "x" } }));
    await settle();
    expect(reads).to.equal(0);
    for (const [number, mark] of [marks.due, marks.lost].entries()) {
      mark.add(id);
      vnics.put(withNotes({ [annotations.createdBy]: `y${number}` }));
      await settle();
      expect(reads).to.equal(number + 1);
    }
    await stop();
  });
});
