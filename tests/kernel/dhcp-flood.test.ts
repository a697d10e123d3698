import { expect } from "chai";
import { Agent } from "../support/kernel/agent.ts";
import { leasedPlan, startScripted } from "../support/kernel/dhcp.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { World } from "../support/kernel/world.ts";

describe("a DHCP server that floods a client with packets that it reports as malformed", function () {
  this.timeout(120_000);
  let world: World;

  before(async () => {
    world = await World.make();
  });
  after(() => world.close());

  it("doesn't fill the agent's log, and its lease is taken", async () => {
    const agent = await Agent.start(world);
    const pod = await world.addPod();
    // It has neither a type nor an end.
    const malformed = `02010600XID${"00".repeat(20)}MAC${"00".repeat(202)}638253633604c0a83201${"00".repeat(60)}`;
    const reply = { ip: "192.168.50.60", before: [malformed], copiesBefore: 3000 };
    world.onClose(await startScripted(world, { replies: [reply] }));
    const plan = leasedPlan(pod);
    const { lease } = await world.session.inject(plan);
    expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([lease?.address]);
    await world.session.eject({ vnic: plan.vnic });
    expect(agent.linesAbout(plan.vnic.uid)).to.be.within(1, 60);
  });
});
