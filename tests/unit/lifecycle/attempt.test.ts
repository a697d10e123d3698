import { expect } from "chai";
import { VnicError } from "../../../provider/base/errors.ts";
import { inject } from "../../../provider/lifecycle/inject.ts";
import type { Definition } from "../../../provider/model/vnic/definition.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { rejection } from "../../fakes/cluster.ts";
import { containerId, definition, injectResult, storedVnic, uid } from "../../fakes/objects.ts";
import { until } from "../../lab/run.ts";
import { kstatusOf } from "../../support/kstatus.ts";

describe("an attempt to attach a Vnic", () => {
  let driver: FakeDriver;
  beforeEach(() => {
    driver = fakeDriver();
  });
  afterEach(() => driver.sessions.close());

  const at = { uid: uid(2), node: "worker-1", containerId };
  const record = () => driver.cluster.vnics.get("shop/db-wire") as StoredVnic;
  const ready = () => driver.cluster.vnics.get("shop/db-wire")?.status?.conditions.find(({ type }) => type === "Ready");
  const isSaid = () => ({ kstatus: kstatusOf(record()), ready: ready()?.status, reason: ready()?.reason });
  const edit = { addresses: ["192.168.50.11/24"] };
  const run = (given: Partial<Definition> = {}) => inject(driver, definition(given));
  /** A record of a healthy Vnic. */
  const standing = () => {
    const stored = storedVnic();
    driver.cluster.store({ ...stored, status: attachedStatus(stored, at, injectResult(), new Date()) });
  };
  /** The conditions that the record shows while the node works. */
  const meanwhile = (): ReturnType<typeof isSaid>[] => {
    const seen: ReturnType<typeof isSaid>[] = [];
    driver.cluster.nodeSide.inject = () => {
      seen.push(isSaid());
      return injectResult();
    };
    return seen;
  };

  it("is in progress from its start and done at its end, without a request of its own for that", async () => {
    const seen = meanwhile();
    await run();
    expect(seen).to.deep.equal([{ kstatus: "InProgress", ready: "False", reason: "Pending" }]);
    expect(isSaid()).to.deep.equal({ kstatus: "Current", ready: "True", reason: "Attached" });
    expect(driver.cluster.calls.filter((call) => call.startsWith("applyVnicStatus"))).to.have.length(1);
  });

  it("makes an edited record unready at once, until the edit is done", async () => {
    standing();
    const seen = meanwhile();
    await run(edit);
    expect(seen).to.deep.equal([{ kstatus: "InProgress", ready: "False", reason: "Attaching" }]);
    expect(record().status?.observedGeneration).to.equal(record().metadata.generation);
    expect(isSaid()).to.deep.equal({ kstatus: "Current", ready: "True", reason: "Attached" });
  });

  it("leaves the record in progress when an edit fails half-way, with the reason", async () => {
    standing();
    driver.cluster.nodeSide.inject = () => {
      throw new VnicError("failed", "moving link: no such device");
    };
    await rejection(run(edit));
    expect(isSaid()).to.deep.equal({ kstatus: "InProgress", ready: "False", reason: "Failed" });
    expect(ready()?.message).to.equal("node worker-1: moving link: no such device");
  });

  it("leaves the record's status as it was when an edit is refused", async () => {
    standing();
    const before = record().status;
    driver.cluster.nodeSide.inject = () => {
      throw new VnicError("refused", "network.parent: there is no interface");
    };
    await rejection(run(edit));
    expect(isSaid()).to.deep.equal({ kstatus: "Current", ready: "True", reason: "Attached" });
    expect(record().status?.interface).to.deep.equal(before?.interface);
  });

  it("reports what it waits for, and once that it has begun, when it takes long", async () => {
    let go: (() => void) | undefined;
    driver.cluster.nodeSide.steps = ["moving"];
    driver.cluster.nodeSide.inject = () => new Promise((resolve) => (go = () => resolve(injectResult())));
    const running = run();
    await until("the report", 60, () => (ready()?.reason === "Attaching" ? true : undefined));
    expect(ready()).to.deep.include({
      status: "False",
      reason: "Attaching",
      message: "starting an injection session on node worker-1",
    });
    expect(Date.now() - Date.parse(ready()?.lastTransitionTime ?? ""), "not the default's time").to.be.below(60_000);
    go?.();
    await running;
    const reasons = driver.cluster.events
      .filter(({ involvedObject }) => involvedObject.kind === "Vnic")
      .map(({ reason }) => reason);
    expect(reasons).to.deep.equal(["AddingInterface"]);
  });

  it("doesn't fail when its progress can't be reported", async () => {
    standing();
    driver.cluster.failNext("applyVnicStatus", new VnicError("unreachable", "no answer"));
    await run(edit);
    expect(isSaid()).to.deep.include({ kstatus: "Current", ready: "True" });
  });
});
