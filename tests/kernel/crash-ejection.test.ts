import { expect } from "chai";
import { everywhere, runNodeSide } from "../support/kernel/killed-node-side.ts";
import { describeWay, device, macvlan, planOf, ways } from "../support/kernel/ways.ts";
import { type Pod, World } from "../support/kernel/world.ts";

describe("an ejection after the node's process was killed", function () {
  this.timeout(1_800_000);
  let world: World;
  let pod: Pod;

  before(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
  });
  after(() => world.close());

  for (const way of ways)
    it(`at every step of an injection with ${describeWay(way)} leaves nothing`, () =>
      everywhere(
        world,
        () => planOf(pod, way),
        async (plan) => {
          await runNodeSide(world, "eject", { vnic: plan.vnic });
          expect(await world.remains()).to.deep.equal([]);
          // Whatever happened, a device is on the node again in its former state.
          if (way === device) expect((await world.node.link("eth7"))?.flags).to.include("UP");
        },
      ));

  for (const way of [macvlan, device])
    it(`at every step of an ejection with mode ${way.network.mode} leaves nothing`, async () => {
      for (let call = 1, more = true; more; call++) {
        const plan = planOf(pod, way);
        await world.session.inject(plan);
        const killed = await runNodeSide(world, "eject", { vnic: plan.vnic }, { call, moment: "after" });
        more = !killed.some((answer) => "result" in answer);
        await runNodeSide(world, "eject", { vnic: plan.vnic });
        expect(await world.remains()).to.deep.equal([]);
      }
    });
});
