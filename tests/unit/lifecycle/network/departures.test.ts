import { expect } from "chai";
import type { Cluster } from "../../../../provider/cluster/cluster.ts";
import { Deadline } from "../../../../provider/lifecycle/deadline.ts";
import { awaitDepartures } from "../../../../provider/lifecycle/network/departures.ts";
import type { NamespaceObject } from "../../../../provider/model/kubernetes/namespace.ts";
import { finalizer } from "../../../../provider/model/names.ts";
import { FakeClock } from "../../../fakes/clock.ts";

interface Record {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly deletionTimestamp?: string };
}

describe("a network that is deleted", () => {
  let clock: FakeClock;
  let records: Record[];
  let namespace: NamespaceObject | undefined;
  const shown: string[] = [];
  const record = (name: string, deletionTimestamp?: string) => ({
    metadata: { namespace: "shop", name, finalizers: [finalizer], ...(deletionTimestamp ? { deletionTimestamp } : {}) },
    spec: { network: { name: "lan" } },
  });

  /** Starts to wait; `state` says whether and how that has ended. */
  function start(): { state: string } {
    const calls = {
      listVnics: () => Promise.resolve(records),
      listAddresses: () => Promise.resolve([]),
      findNamespace: () => Promise.resolve(namespace),
    };
    const cluster = calls as unknown as Cluster;
    const driver = { cluster, report: (text: string) => shown.push(text) };
    const waiting = { state: "waits" };
    const deadline = new Deadline("deleting VnicNetwork lan", 60, clock);
    void awaitDepartures(driver, "lan", deadline).then(
      () => (waiting.state = "ended"),
      (error: Error) => (waiting.state = error.message),
    );
    return waiting;
  }

  beforeEach(() => {
    clock = new FakeClock();
    records = [];
    namespace = { metadata: {} };
  });

  it("waits for no Vnic if none is on it", async () => {
    const waiting = start();
    await clock.advance(0);
    expect(waiting.state).to.equal("ended");
  });

  it("waits for Vnics whose deletion begins and ends later", async () => {
    records = [record("wire")];
    const waiting = start();
    await clock.advance(8);
    records = [record("wire", "2026-01-01T00:00:08Z")];
    await clock.advance(30);
    expect(waiting.state).to.equal("waits");
    expect(shown.at(-1)).to.equal("1 Vnics are left");
    records = [];
    await clock.advance(1);
    expect(waiting.state).to.equal("ended");
  });

  it("soon stops waiting for a Vnic that nobody deletes", async () => {
    records = [record("wire"), record("leaving", "2026-01-01T00:00:00Z")];
    const waiting = start();
    await clock.advance(9);
    expect(waiting.state).to.equal("waits");
    await clock.advance(2);
    expect(waiting.state).to.equal("ended");
  });

  it("waits for the Vnics of a namespace that is being deleted, however late their own deletion begins", async () => {
    records = [record("wire")];
    namespace = { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } };
    const waiting = start();
    await clock.advance(40);
    expect(waiting.state).to.equal("waits");
    records = [record("wire", "2026-01-01T00:00:40Z")];
    await clock.advance(10);
    expect(waiting.state).to.equal("waits");
    records = [];
    await clock.advance(1);
    expect(waiting.state).to.equal("ended");
  });

  it("names the Vnics whose deletion doesn't end", async () => {
    records = [record("wire", "2026-01-01T00:00:00Z")];
    const waiting = start();
    await clock.advance(61);
    expect(waiting.state).to.equal(
      "deleting VnicNetwork lan: not done within 60 s; still waiting for the deletion of Vnic shop/wire",
    );
  });
});
