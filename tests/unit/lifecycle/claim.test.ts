import { expect } from "chai";
import { Claims, driverName } from "../../../provider/lifecycle/claim.ts";
import { Deadline } from "../../../provider/lifecycle/deadline.ts";
import { annotations, vnicId } from "../../../provider/model/names.ts";
import { noPlaceChange, refOf, type StoredVnic } from "../../../provider/model/vnic/record.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { rejection } from "../../fakes/cluster.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { storedVnic } from "../../fakes/objects.ts";

const claimed = (holder: string, renewed = new Date()): StoredVnic =>
  storedVnic({}, { annotations: { [annotations.claim]: JSON.stringify({ holder, renewed }) } });

describe("a claim", () => {
  let driver: FakeDriver;
  beforeEach(() => {
    driver = fakeDriver();
  });

  const id = vnicId(storedVnic().metadata);
  const claimNow = () => driver.cluster.vnics.get(id)?.metadata.annotations?.[annotations.claim];
  const hold = <T>(record: StoredVnic | undefined, work: () => Promise<T>, seconds = 120) =>
    driver.claims.hold(driver, refOf(storedVnic()), record, new Deadline("working", seconds), work);

  it("is on the record during the work, and is removed afterwards, also when the work fails", async () => {
    driver.cluster.store(storedVnic());
    await hold(storedVnic(), async () => expect(claimNow()).to.include("a test"));
    expect(claimNow()).to.equal(undefined);
    const [record] = [...driver.cluster.vnics.values()];
    await hold(record, () => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(claimNow()).to.equal(undefined);
  });

  it("is written into a record that the work creates, and needs no request where no record exists", async () => {
    await driver.claims.hold(driver, refOf(storedVnic()), undefined, new Deadline("x", 120), async (claim) => {
      driver.cluster.store(storedVnic({}, { annotations: claim.annotation() }));
    });
    const { [annotations.createdBy]: left } = driver.cluster.vnics.get(id)?.metadata.annotations ?? {};
    expect(left).to.equal(undefined);
    driver.cluster.calls.length = 0;
    await hold(undefined, async () => undefined);
    expect(driver.cluster.calls).to.deep.equal([]);
  });

  const created = (holder: string, status?: StoredVnic["status"]): StoredVnic => ({
    ...storedVnic({}, { annotations: { [annotations.createdBy]: JSON.stringify({ holder, renewed: new Date() }) } }),
    ...(status ? { status } : {}),
  });
  const ready = (reason: string): StoredVnic["status"] => {
    const at = new Date().toISOString();
    return { conditions: [{ type: "Ready", status: "False", reason, message: "", lastTransitionTime: at }] };
  };

  it("of a record's creator ends with the first status that has a result, without another request", async () => {
    const status = ready("Attached");
    await driver.claims.hold(driver, refOf(storedVnic()), undefined, new Deadline("x", 120), async (claim) => {
      driver.cluster.store(storedVnic({}, { annotations: claim.annotation() }));
      expect(new Claims("another").otherHolder(driver.cluster.vnics.get(id)!)).to.equal("a test");
      driver.cluster.calls.length = 0;
      await claim.releaseWith(() => driver.cluster.applyVnicStatus(refOf(storedVnic()), status!));
    });
    expect(driver.cluster.calls).to.deep.equal([`applyVnicStatus ${id}`]);
    expect(new Claims("another").otherHolder(driver.cluster.vnics.get(id)!)).to.equal(undefined);
  });

  it("of a record's creator counts until a status has a result, and is removed by the next claim", async () => {
    const claims = new Claims("a test");
    for (const status of [undefined, ready("Pending"), ready("Attaching")])
      expect(claims.otherHolder(created("somebody", status))).to.equal("somebody");
    for (const reason of ["Attached", "Refused", "PodTerminated"])
      expect(claims.otherHolder(created("somebody", ready(reason)))).to.equal(undefined);
    driver.cluster.store(created("somebody", ready("Attached")));
    await hold(driver.cluster.vnics.get(id), async () => undefined);
    expect(driver.cluster.vnics.get(id)?.metadata.annotations).to.deep.equal({});
  });

  it("is removed from a record whose first status could not be written", async () => {
    await driver.claims
      .hold(driver, refOf(storedVnic()), undefined, new Deadline("x", 120), async (claim) => {
        driver.cluster.store(storedVnic({}, { annotations: claim.annotation() }));
        await claim.releaseWith(() => Promise.reject(new Error("no answer")));
      })
      .catch(() => undefined);
    expect(driver.cluster.vnics.get(id)?.metadata.annotations).to.deep.equal({});
  });

  it("is waited for while another driver has it, and taken when that driver removes it", async () => {
    const other = claimed("Pulumi on a laptop");
    driver.cluster.store(other);
    driver.cluster.before("findVnic", () =>
      driver.cluster.store(storedVnic({}, { resourceVersion: "9", annotations: {} })),
    );
    let holder: string | undefined;
    await hold(other, async () => void (holder = claimNow()));
    expect(driver.reports).to.deep.equal(["waiting for Pulumi on a laptop to finish with it"]);
    expect(holder).to.include("a test");
  });

  it("shows little of another holder that isn't a driver's name", async () => {
    const other = claimed(`\u001b]0;x\u0007${"long".repeat(100_000)}`);
    driver.cluster.store(other);
    const error = await rejection(hold(other, async () => undefined, 0.3));
    expect(error.message).to.include("still waiting for \ufffd]0;x\ufffdlonglong");
    expect(error.message.length).to.be.lessThan(400);
    expect(driver.reports[0]?.length).to.be.lessThan(400);
  });

  it("ends the wait with the other holder's name when the time is over", async () => {
    const other = claimed("Pulumi on a laptop");
    driver.cluster.store(other);
    const error = await rejection(hold(other, async () => undefined, 0.3));
    expect(error.message).to.match(/still waiting for Pulumi on a laptop to finish with Vnic shop\/db-wire/);
  });

  it("is tried again when the record was changed at the same moment", async () => {
    driver.cluster.store(storedVnic({}, { resourceVersion: "7" }));
    await hold(storedVnic(), async () => expect(claimNow()).to.include("a test"));
  });

  it("doesn't count when it is our own, unreadable or expired long ago", () => {
    const claims = new Claims("a test");
    expect(claims.otherHolder(claimed("somebody"))).to.equal("somebody");
    expect(claims.otherHolder(claimed("a test"))).to.equal(undefined);
    expect(claims.otherHolder(claimed("somebody", new Date(Date.now() - 25 * 3_600_000)))).to.equal(undefined);
    expect(claims.otherHolder(storedVnic({}, { annotations: { [annotations.claim]: "{" } }))).to.equal(undefined);
  });

  it("still counts when its clock is minutes or hours ahead or behind", () => {
    const claims = new Claims("a test");
    for (const hours of [-23, -12, -1, -0.15, 0.15, 1, 12, 48])
      expect(claims.otherHolder(claimed("somebody", new Date(Date.now() + hours * 3_600_000)))).to.equal("somebody");
  });

  it("isn't taken for its own by another driver of the same program, host and process ID, as in two containers", async () => {
    const [one, other] = [driverName("Pulumi"), driverName("Pulumi")];
    driver.cluster.store(storedVnic());
    await new Claims(one).hold(driver, refOf(storedVnic()), storedVnic(), new Deadline("x", 120), async () => {
      const record = driver.cluster.vnics.get(id)!;
      expect(new Claims(other).otherHolder(record)).to.equal(one);
      expect(new Claims(one).otherHolder(record)).to.equal(undefined);
    });
  });

  it("is renewed every 5 s while the work goes on, and no longer after it", async () => {
    const clock = new FakeClock();
    const claims = new Claims("a test", clock);
    driver.cluster.store(storedVnic());
    const seen: (string | undefined)[] = [];
    await claims.hold(driver, refOf(storedVnic()), storedVnic(), new Deadline("working", 60, clock), async () => {
      for (let time = 0; time < 3; time++) {
        seen.push(claimNow());
        await clock.advance(5);
      }
    });
    expect(new Set(seen), seen.join("\n")).to.have.property("size", 3);
    expect(claimNow()).to.equal(undefined);
    expect(clock.pending, "timers left").to.equal(0);
  });

  it("expires 15 s after another driver's last renewal, by our clock alone", async () => {
    const clock = new FakeClock();
    const claims = new Claims("a test", clock);
    const renewals = [0, 5, 10].map((seconds) =>
      claimed("somebody", new Date(clock.date().getTime() + seconds * 1000)),
    );
    for (const renewal of renewals) {
      expect(claims.otherHolder(renewal)).to.equal("somebody");
      await clock.advance(15);
      expect(claims.otherHolder(renewal), "after 15 s").to.equal("somebody");
    }
    clock.setDate(-300);
    await clock.advance(0.001);
    expect(claims.otherHolder(renewals[2]!)).to.equal(undefined);
  });

  it("passes to the driver that waits when its holder died", async () => {
    const clock = new FakeClock();
    const claims = new Claims("a test", clock);
    const other = claimed("Pulumi on a laptop", clock.date());
    driver.cluster.store(other);
    let holder: string | undefined;
    const taken = claims.hold(
      driver,
      refOf(other),
      other,
      new Deadline("working", 60, clock),
      async () => void (holder = claimNow()),
    );
    await clock.advance(14);
    expect(holder).to.equal(undefined);
    await clock.advance(2);
    await taken;
    expect(holder).to.include("a test");
  });

  describe("is confirmed before a change on the node", () => {
    let clock: FakeClock;
    beforeEach(() => {
      clock = new FakeClock();
      driver.cluster.store(storedVnic());
    });
    const confirmed = (pause: () => Promise<void> | void) =>
      new Claims("a test", clock).hold(
        driver,
        refOf(storedVnic()),
        storedVnic(),
        new Deadline("x", 90, clock),
        async (claim) => {
          await pause();
          driver.cluster.calls.length = 0;
          await claim.confirm();
        },
      );
    /** The process is stopped, and its timers run only after that. */
    const stop = (seconds: number) => clock.stop(seconds);
    const passTo = (holder: string) =>
      driver.cluster.store(storedVnic({}, { annotations: { [annotations.claim]: JSON.stringify({ holder }) } }));
    const words = /another process may have taken over Vnic shop\/db-wire, .*; run it again/;

    it("by no request while it is renewed", async () => {
      await confirmed(() => clock.advance(60));
      expect(driver.cluster.calls).to.deep.equal(["swapVnicAnnotation shop/db-wire"]);
    });

    it("by one request after the process was stopped, if nobody has taken it over", async () => {
      await confirmed(() => stop(60));
      expect(claimNow()).to.equal(undefined);
    });

    for (const [what, pause] of [
      ["the process was stopped", () => stop(16)],
      ["the machine was suspended, whose steady clock then stands still", () => clock.setDate(16)],
    ] as const)
      it(`and is lost if another driver has it after ${what}`, async () => {
        const error = await rejection(
          confirmed(() => {
            pause();
            passTo("another");
          }),
        );
        expect(error.message).to.match(words);
        expect(claimNow()).to.include("another");
      });

    it("and is lost at once if another driver has taken it over", async () => {
      const error = await rejection(
        confirmed(async () => {
          passTo("another");
          await clock.advance(6);
        }),
      );
      expect(error.message).to.match(words);
    });

    it("and isn't lost if only the response to a renewal was lost", async () => {
      const real = driver.cluster.swapVnicAnnotation.bind(driver.cluster);
      let lost = 0;
      // The request is repeated after its first response was lost.
      driver.cluster.swapVnicAnnotation = async (...given) => {
        const first = await real(...given);
        return first && lost++ === 0 ? real(...given) : first;
      };
      await confirmed(() => stop(16));
      expect(lost).to.be.greaterThan(1);
      expect(claimNow()).to.equal(undefined);
    });

    it("and isn't lost if the API server answers slowly", async () => {
      const real = driver.cluster.swapVnicAnnotation.bind(driver.cluster);
      const delays = [12, 0];
      driver.cluster.swapVnicAnnotation = async (...given) => {
        const swapped = await real(...given);
        stop(delays.shift() ?? 0);
        return swapped;
      };
      await confirmed(() => stop(12));
      expect(delays).to.deep.equal([]);
      expect(claimNow()).to.equal(undefined);
    });

    it("and takes no place from the record that another driver has by then", async () => {
      const ends = new Claims("a test", clock).hold(
        driver,
        refOf(storedVnic()),
        storedVnic(),
        new Deadline("x", 90, clock),
        async (claim) => {
          stop(16);
          passTo("another");
          await claim.releaseChanging(claim.record!, noPlaceChange);
        },
      );
      const theirs = JSON.stringify({ holder: "another" });
      expect((await rejection(ends)).message).to.match(words);
      expect(driver.cluster.vnics.get(id)?.metadata.annotations).to.deep.equal({ [annotations.claim]: theirs });
    });

    it("and is lost with the record", async () => {
      const error = await rejection(
        confirmed(() => {
          stop(16);
          driver.cluster.vnics.clear();
        }),
      );
      expect(error.message).to.match(words);
    });
  });
});
