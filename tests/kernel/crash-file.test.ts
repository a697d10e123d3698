import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import { runNodeSide } from "../support/kernel/killed-node-side.ts";
import { macvlan, planOf } from "../support/kernel/ways.ts";
import { type Pod, World } from "../support/kernel/world.ts";

describe("the node's process, when it is killed while it writes a Vnic's file", function () {
  this.timeout(1_800_000);
  let world: World;
  let pod: Pod;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
  });
  after(() => world.close());

  for (const [sync, placement] of [
    ["fsync", "moved"],
    ["fsync", "direct"],
    ["rename", "moved"],
    ["rename", "direct"],
  ] as const)
    it(`just before every ${sync} of its file with placement ${placement}, leaves the old or the new file, and continues from there`, async () => {
      let call = 0;
      for (let whole = false; !whole;) {
        call++;
        const plan = planOf(pod, { ...macvlan, placement });
        const { uid } = plan.vnic;
        const folder = dirname(world.pathOf(uid));
        const answers = await runNodeSide(world, "inject", plan, { call, sync });
        whole = answers.some((answer) => "result" in answer);
        const names = await readdir(folder);
        if (names.includes(`${uid}.json`)) expect((await world.readFile(uid)).vnic).to.deep.equal(plan.vnic);

        const again = await runNodeSide(world, "inject", plan);
        expect(again.at(-1), `${call}: ${JSON.stringify(again)}`).to.have.property("result");
        expect((await pod.machine.links()).filter(({ ifalias }) => ifalias !== undefined)).to.have.length(1);
        expect(await readdir(folder)).to.deep.equal([`${uid}.json`]);
        await world.session.eject({ vnic: plan.vnic });
        expect(await world.remains()).to.deep.equal([]);
      }
      // Each step writes the file once, and syncs the file and its folder.
      const steps = placement === "direct" ? 3 : 4;
      expect(call).to.be.greaterThan(sync === "fsync" ? 2 * steps : steps);
    });
});
