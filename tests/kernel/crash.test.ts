import { expect } from "chai";
import { hostSideName } from "../../provider/model/names.ts";
import { everywhere, runNodeSide } from "../support/kernel/killed-node-side.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { address, describeWay, planOf, ways } from "../support/kernel/ways.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

describe("the node's process, when it is killed", function () {
  this.timeout(1_800_000);
  let world: World;
  let pod: Pod;

  before(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
  });
  after(() => world.close());

  const ownLinks = async () => (await pod.machine.links()).filter(({ ifalias }) => ifalias !== undefined);

  for (const way of ways)
    it(`at every step of an injection with ${describeWay(way)}, makes one complete NIC when it is run again`, () =>
      everywhere(
        world,
        () => planOf(pod, way),
        async (plan) => {
          const again = await runNodeSide(world, "inject", plan);
          expect(again.at(-1), JSON.stringify(again)).to.have.property("result");
          const ours = await ownLinks();
          expect(ours.map(({ ifname, address: mac }) => [ifname, mac])).to.deep.equal([["net1", plan.mac]]);
          expect(addressesOf(ours[0])).to.deep.equal([address]);
          expect((await world.readFile(plan.vnic.uid)).step).to.equal("attached");
          const remains = (await world.remains()).filter((what) => !what.includes(hostSideName(plan.vnic.uid)));
          expect(remains, "link and file, and nothing else").to.have.length(2);
          // A device's peer detects only within a second that its link is up again.
          expect(await world.hosts[0]?.reaches(address, 5), "an answer outside").to.equal(true);
          await world.session.eject({ vnic: plan.vnic });
          expect(await world.remains()).to.deep.equal([]);
        },
      ));

  it("undoes its work when a later step fails", async () => {
    // Devices of kind veth, which the other tests' pod has had, make it look as if it had moved the link elsewhere.
    const other = await world.addPod();
    const plan = planFor(other, address, { mac: "02:00:5e:00:00:71" });
    const first = planFor(other, "192.168.50.71/24", { interfaceName: "net2", mac: plan.mac });
    await runNodeSide(world, "inject", first);
    // Two macvlans of one parent can't be up with the same MAC: the last step fails.
    const answers = await runNodeSide(world, "inject", plan);
    expect(JSON.stringify(answers.at(-1))).to.match(
      /"error":\{"kind":"failed","message":"ip link set dev net1 up: Address already in use; another link on the same parent has its MAC, as a pod with NET_ADMIN may choose: find and delete that pod"\}/,
    );
    expect(await world.remains(), "the first Vnic's link and file").to.have.length(2);
    await runNodeSide(world, "eject", { vnic: first.vnic });
    expect(await world.remains()).to.deep.equal([]);
  });
});
