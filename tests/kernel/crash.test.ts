import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import { hostSideName } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { everywhere, runNodeSide } from "../support/kernel/killed-node-side.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/** A network, and how the link gets into the pod. */
interface Way {
  readonly network: InjectPlan["network"];
  readonly placement: NonNullable<InjectPlan["placement"]>;
}

describe("the node's process, when it is killed", function () {
  this.timeout(180_000);
  let world: World;
  let pod: Pod;
  const address = "192.168.50.70/24";

  before(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
  });
  after(() => world.close());

  /** A plan without probing, which takes time and is the same in all modes. */
  const planOf = ({ network, placement }: Way): InjectPlan =>
    planFor(pod, address, { network, placement, duplicateAddressDetection: network.mode === "macvlan" });
  const ownLinks = async () => (await pod.machine.links()).filter(({ ifalias }) => ifalias !== undefined);

  const macvlan: Way = { network: { mode: "macvlan", parent: "eth1" }, placement: "moved" };
  const bridge: Way = { network: { mode: "bridge", parent: "br7" }, placement: "moved" };
  const device: Way = { network: { mode: "host-device", parent: "eth7" }, placement: "moved" };
  const direct = [macvlan, bridge].map((way): Way => ({ ...way, placement: "direct" }));

  for (const way of [macvlan, bridge, device, ...direct]) {
    const { network, placement } = way;
    const words = `mode ${network.mode} and placement ${placement}`;
    it(`at every step of an injection with ${words}, makes one complete NIC when it is run again`, () =>
      everywhere(
        world,
        () => planOf(way),
        async (plan, crash) => {
          const killed = await runNodeSide(world, "inject", plan, crash);
          expect(killed.answers.filter((answer) => "result" in answer || "error" in answer)).to.deep.equal([]);

          const again = await runNodeSide(world, "inject", plan);
          expect(again.answers.at(-1), JSON.stringify(again.answers)).to.have.property("result");
          const ours = await ownLinks();
          expect(ours.map(({ ifname, address: mac }) => [ifname, mac])).to.deep.equal([["net1", plan.mac]]);
          expect(addressesOf(ours[0])).to.deep.equal([address]);
          expect((await world.readFile(plan.vnic.uid)).step).to.equal("attached");
          const remains = (await world.remains()).filter((what) => !what.includes(hostSideName(plan.vnic.uid)));
          expect(remains, "link and file, and nothing else").to.have.length(2);
          // A device's peer detects only within a second that its link is up again.
          expect(await world.hosts[0]?.reaches(address, 5), "an answer outside").to.equal(true);
          await runNodeSide(world, "eject", { vnic: plan.vnic });
          expect(await world.remains()).to.deep.equal([]);
        },
      ));

    it(`at every step of an injection with ${words}, leaves nothing that an ejection doesn't remove`, () =>
      everywhere(
        world,
        () => planOf(way),
        async (plan, crash) => {
          await runNodeSide(world, "inject", plan, crash);
          await runNodeSide(world, "eject", { vnic: plan.vnic });
          expect(await world.remains()).to.deep.equal([]);
          // Whatever happened, a device is on the node again in its former state.
          if (network.mode === "host-device") expect((await world.node.link("eth7"))?.flags).to.include("UP");
        },
      ));
  }

  for (const way of [macvlan, device])
    it(`at every step of an ejection with mode ${way.network.mode}, leaves nothing after the ejection is repeated`, async () => {
      for (let call = 1, more = true; more; call++) {
        const plan = planOf(way);
        await runNodeSide(world, "inject", plan);
        const killed = await runNodeSide(world, "eject", { vnic: plan.vnic }, { call, moment: "after" });
        more = !killed.answers.some((answer) => "result" in answer);
        await runNodeSide(world, "eject", { vnic: plan.vnic });
        expect(await world.remains()).to.deep.equal([]);
      }
    });

  for (const [sync, way] of [
    ["fsync", macvlan],
    ["fsync", { ...macvlan, placement: "direct" }],
    ["rename", macvlan],
    ["rename", { ...macvlan, placement: "direct" }],
  ] as const)
    it(`just before every ${sync} of its file with placement ${way.placement}, leaves the old or the new file, and continues from there`, async () => {
      let call = 0;
      for (let whole = false; !whole;) {
        call++;
        const plan = planOf(way);
        const { uid } = plan.vnic;
        const folder = dirname(world.pathOf(uid));
        const { answers } = await runNodeSide(world, "inject", plan, { call, sync });
        whole = answers.some((answer) => "result" in answer);
        const names = await readdir(folder);
        if (names.includes(`${uid}.json`)) expect((await world.readFile(uid)).vnic).to.deep.equal(plan.vnic);

        const again = await runNodeSide(world, "inject", plan);
        expect(again.answers.at(-1), `${call}: ${JSON.stringify(again.answers)}`).to.have.property("result");
        expect(await ownLinks()).to.have.length(1);
        expect(await readdir(folder)).to.deep.equal([`${uid}.json`]);
        await runNodeSide(world, "eject", { vnic: plan.vnic });
        expect(await world.remains()).to.deep.equal([]);
      }
      // Each step writes the file once, and syncs the file and its folder.
      const steps = way.placement === "direct" ? 3 : 4;
      expect(call).to.be.greaterThan(sync === "fsync" ? 2 * steps : steps);
    });

  it("undoes its work when a later step fails", async () => {
    const plan = planFor(pod, address, { mac: "02:00:5e:00:00:71" });
    const first = planFor(pod, "192.168.50.71/24", { interfaceName: "net2", mac: plan.mac });
    await runNodeSide(world, "inject", first);
    // Two macvlans of one parent can't be up with the same MAC: the last step fails.
    const { answers } = await runNodeSide(world, "inject", plan);
    expect(JSON.stringify(answers.at(-1))).to.match(
      /"error":\{"kind":"failed","message":"ip link set dev net1 up: Address already in use"/,
    );
    expect(await world.remains(), "the first Vnic's link and file").to.have.length(2);
    await runNodeSide(world, "eject", { vnic: first.vnic });
    expect(await world.remains()).to.deep.equal([]);
  });
});
