import { expect } from "chai";
import { expand } from "../../../../provider/model/vnic-set/expansion.ts";
import type { VnicSetStatus } from "../../../../provider/model/vnic-set/record.ts";
import { setStatusIncludes, setStatusOf } from "../../../../provider/model/vnic-set/status.ts";
import { FakeWorld, member, vnicSet } from "../../../fakes/vnic-sets.ts";

const now = new Date("2026-11-24T12:00:00Z");

describe("the status of a VnicSet", () => {
  let world: FakeWorld;
  const status = (workloadIsMissing = false): VnicSetStatus =>
    setStatusOf(world.set, expand(world.world), workloadIsMissing, now);
  const condition = (type: string) => status().conditions.find((one) => one.type === type);

  beforeEach(() => {
    world = new FakeWorld();
    world.pods = [member("db-a"), member("db-b", 1)];
  });

  it("counts the pods that should have a Vnic, and those that have one", () => {
    world.step();
    expect(status()).to.deep.include({ observedGeneration: 1, desired: 2, ready: 0 });
    expect(condition("Ready")).to.deep.include({
      status: "False",
      reason: "Progressing",
      message: "0 of 2 pods have their Vnic",
    });
    world.realise();
    expect(status()).to.deep.include({ desired: 2, ready: 2 });
    expect(condition("Ready")).to.deep.include({ status: "True", reason: "AllServed" });
  });

  it("doesn't count a Vnic that is still with the previous pod of that name", () => {
    world.step();
    world.realise();
    world.pods[0] = member("db-a", 9);
    expect(status()).to.deep.include({ desired: 2, ready: 1 });
  });

  it("doesn't count a Vnic that doesn't have what the set asks for yet", () => {
    world.step();
    world.realise();
    for (const template of [{ mtu: 1400 }, { network: { mode: "macvlan", parent: "eth7" } as const }]) {
      world.set = vnicSet({ template: { ...world.set.spec.template, ...template } });
      expect(status(), JSON.stringify(template)).to.deep.include({ desired: 2, ready: 0 });
    }
  });

  it("lists the pods that wait for an address, in the order in which they get one", () => {
    world.pods = Array.from({ length: 11 }, (_, index) => member(`db-x${index}`, index));
    world.step();
    world.realise();
    expect(condition("AddressesAvailable")).to.deep.include({
      status: "False",
      reason: "RangeExhausted",
      message: "no address is left for db-x4, db-x5, db-x6, db-x7, db-x8 and 2 more; widen the range, or free one",
    });
    expect(condition("Ready")?.message).to.match(/^4 of 11 pods have their Vnic; no address is left for/);
  });

  it("names the workload that doesn't exist", () => {
    world.set = vnicSet({ workload: { kind: "Deployment", name: "web" } });
    expect(status(true).conditions[0]).to.deep.include({
      status: "False",
      reason: "WorkloadMissing",
      message: "there is no Deployment web in namespace shop",
    });
  });

  it("repeats why a Vnic isn't ready", () => {
    world.step();
    world.realise();
    const [first, ...rest] = world.vnics;
    const failed = { type: "Ready", status: "False", reason: "Failed", message: "there is no eth9" };
    world.vnics = [
      { ...first!, status: { ...first!.status!, conditions: [{ ...failed, lastTransitionTime: "" } as never] } },
      ...rest,
    ];
    expect(condition("Ready")?.message).to.equal("1 of 2 pods have their Vnic; pod db-a: there is no eth9");
  });

  it("keeps the time of the last transition, and isn't written again without a change", () => {
    const before = status();
    world.set = { ...world.set, status: before };
    const later = setStatusOf(world.set, expand(world.world), false, new Date("2027-01-01"));
    expect(later).to.deep.equal(before);
    expect(setStatusIncludes(world.set, later)).to.equal(true);
    expect(setStatusIncludes(world.set, { ...later, ready: 1 })).to.equal(false);
  });
});
