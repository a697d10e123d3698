import { expect } from "chai";
import { Deadline } from "../../../provider/lifecycle/deadline.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { rejection } from "../../fakes/cluster.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { never } from "../../fakes/node-side.ts";

describe("a deadline", () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  it("ends a wait when its time is over, and says what was awaited", async () => {
    const deadline = new Deadline("injecting", 5, clock);
    const waiting = async (): Promise<never> => {
      for (;;) await deadline.wait(2000, "the pod");
    };
    const failed = rejection(waiting());
    await clock.advance(4);
    expect(deadline.remainingMilliseconds).to.equal(1000);
    await clock.advance(1);
    expect(await failed).to.deep.include({
      kind: "deadline",
      message: "injecting: not done within 5 s; still waiting for the pod",
    });
    expect(deadline.remainingMilliseconds).to.equal(0);
  });

  it("passes on a result or an error that arrives in time", async () => {
    const deadline = new Deadline("injecting", 1, clock);
    expect(await deadline.limit(Promise.resolve(7), "x")).to.equal(7);
    expect(await rejection(deadline.limit(Promise.reject(new VnicError("refused", "no")), "x"))).to.have.property(
      "kind",
      "refused",
    );
    expect(clock.pending, "timers left").to.equal(0);
  });

  it("rejects work that doesn't end in time", async () => {
    const endless = never({ id: 1, verb: "hello" }) as Promise<never>;
    const failed = rejection(new Deadline("injecting", 2, clock).limit(endless, "an answer"));
    await clock.advance(2);
    expect(await failed).to.have.property("kind", "deadline");
  });
});
