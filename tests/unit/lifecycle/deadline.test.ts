import { expect } from "chai";
import { Deadline } from "../../../provider/lifecycle/deadline.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { rejection } from "../../fakes/cluster.ts";
import { never } from "../../fakes/node-side.ts";

describe("a deadline", () => {
  it("ends a wait when its time is over, and says what was awaited", async () => {
    const deadline = new Deadline("injecting", 0.05);
    const began = performance.now();
    const waiting = async (): Promise<never> => {
      for (;;) await deadline.wait(10_000, "the pod");
    };
    expect(await rejection(waiting())).to.deep.include({
      kind: "deadline",
      message: "injecting: not done within 0.05 s; still waiting for the pod",
    });
    expect(performance.now() - began).to.be.within(45, 1000);
    expect(deadline.remainingMilliseconds).to.equal(0);
  });

  it("passes on a result or an error that arrives in time", async () => {
    const deadline = new Deadline("injecting", 1);
    expect(await deadline.limit(Promise.resolve(7), "x")).to.equal(7);
    expect(await rejection(deadline.limit(Promise.reject(new VnicError("refused", "no")), "x"))).to.have.property(
      "kind",
      "refused",
    );
  });

  it("rejects work that doesn't end in time", async () => {
    const endless = never({ id: 1, verb: "hello" }) as Promise<never>;
    expect(await rejection(new Deadline("injecting", 0.02).limit(endless, "an answer"))).to.have.property(
      "kind",
      "deadline",
    );
  });
});
