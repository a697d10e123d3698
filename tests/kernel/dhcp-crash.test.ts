import { expect } from "chai";
import { until } from "../lab/run.ts";
import type { DhcpServer } from "../support/dhcp-server.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan } from "../support/kernel/dhcp.ts";
import { everywhere, runNodeSide } from "../support/kernel/killed-node-side.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { type Pod, World } from "../support/kernel/world.ts";

describe("the node's process, when it is killed during a DHCP request", function () {
  this.timeout(1_800_000);
  let world: World;
  let agent: Agent;
  let server: DhcpServer;
  let pod: Pod;

  before(async () => {
    world = await World.make();
    agent = await Agent.start(world);
    server = await dhcpServer(world, 60);
    await server.start();
    pod = await world.addPod();
  });
  after(() => world.close());

  const planOf = () => leasedPlan(pod);
  const assertGone = async () => {
    expect(await world.remains()).to.deep.equal([]);
    expect(await agent.clients()).to.deep.equal([]);
    await until("the release", 30, async () => (await server.leases()).size === 0 || undefined);
  };

  it("makes one complete NIC with one client when it is run again", () =>
    everywhere(world, planOf, async (plan) => {
      const answers = await runNodeSide(world, "inject", plan);
      expect(answers.at(-1), JSON.stringify(answers)).to.have.property("result");
      const { step, lease } = await world.readFile(plan.vnic.uid);
      expect(step).to.equal("attached");
      const ours = (await pod.machine.links()).filter(({ ifalias }) => ifalias !== undefined);
      expect(ours.map(addressesOf)).to.deep.equal([[lease?.address]]);
      expect(await agent.clients()).to.have.length(1);
      expect(await world.hosts[0]?.reaches(lease?.address ?? "")).to.equal(true);
      await runNodeSide(world, "eject", { vnic: plan.vnic });
      await assertGone();
    }));

  it("leaves neither client nor lease that an ejection doesn't remove", () =>
    everywhere(world, planOf, async (plan) => {
      await runNodeSide(world, "eject", { vnic: plan.vnic });
      await assertGone();
    }));
});
