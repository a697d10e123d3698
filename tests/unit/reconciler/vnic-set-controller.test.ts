import { expect } from "chai";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { startVnicSetController } from "../../../provider/reconciler/vnic-set-controller.ts";
import { containerId } from "../../fakes/objects.ts";
import { settle } from "../../fakes/clock.ts";
import { FakeWatched } from "../../fakes/watched.ts";
import { member, vnicSet } from "../../fakes/vnic-sets.ts";

describe("the controller of VnicSets", () => {
  const db = member("db-0");
  let pods: FakeWatched<typeof db>;
  let reconciled: number;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    pods = new FakeWatched(db);
    reconciled = 0;
    // The set is gone when it is read, so reconciling it is only one call.
    const findVnicSet = async () => void reconciled++;
    stop = startVnicSetController(
      { cluster: { findVnicSet } as never, log: () => undefined, unavailable: undefined as never },
      {
        sets: new FakeWatched(vnicSet()),
        vnics: new FakeWatched(),
        pods,
        metrics: makeMetrics(),
        resyncSeconds: 300,
      },
    );
    pods.put(db);
    await settle();
    reconciled = 0;
  });
  afterEach(() => stop());

  const after = async (change: () => void) => {
    change();
    await settle();
    return reconciled;
  };
  const withContainer = (restartCount: number, id = containerId) => ({
    ...db,
    status: {
      phase: "Running",
      containerStatuses: [{ name: "redis", containerID: id, state: { running: {} }, restartCount }],
    },
  });

  it("doesn't reconcile a set when the status of a pod changes in ways that the set doesn't look at", async () => {
    expect(await after(() => pods.put(withContainer(1)))).to.equal(0);
    expect(await after(() => pods.put(withContainer(2)))).to.equal(0);
  });

  it("reconciles a set when a pod gets other labels, another container, or is gone", async () => {
    const relabelled = { ...db, metadata: { ...db.metadata, labels: { app: "other" } } };
    expect(await after(() => pods.put(relabelled))).to.equal(1);
    const restarted = withContainer(1, containerId.replaceAll("c0", "d1"));
    expect(await after(() => pods.put(restarted))).to.equal(2);
    expect(await after(() => pods.remove(restarted))).to.equal(3);
  });

  it("reconciles no set when a pod of another namespace changes", async () => {
    const elsewhere = { ...db, metadata: { ...db.metadata, namespace: "bank" } };
    expect(await after(() => pods.put(elsewhere))).to.equal(0);
  });
});
