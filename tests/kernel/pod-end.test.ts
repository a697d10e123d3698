import { expect } from "chai";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { until } from "../lab/run.ts";
import { type ProgramCrash, runCounted, runNodeSide } from "../support/kernel/killed-node-side.ts";
import { address, describeWay, device, ways } from "../support/kernel/ways.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/** Without host-device: the kernel returns only hardware, and deletes the virtual device of a test with its pod. */
const waysOfLinks = ways.filter((way) => way !== device);

describe("a pod that ends while the node works in it", function () {
  this.timeout(1_800_000);
  let world: World;

  before(async () => {
    world = await World.makeWithParents();
  });
  after(() => world.close());

  for (const way of waysOfLinks) {
    const words = describeWay(way);

    /**
     * Calls `check` with a new pod for each program that the node's process starts, until it starts fewer than that.
     * `check` resolves to the number of programs.
     */
    const everywhere = async (check: (pod: Pod, plan: InjectPlan, crash: ProgramCrash) => Promise<number>) => {
      let call = 0;
      for (let calls = Infinity; calls >= call;) {
        call++;
        const pod = await world.addPod();
        const plan = planFor(pod, address, {
          ...way,
          duplicateAddressDetection: false,
          routing: { routes: [{ to: "10.9.0.0/16", via: "192.168.50.1" }], gateways: [], replyVia: "vnic" },
        });
        const crash: ProgramCrash = { call, moment: "before", endsPod: pod.machine.netns };
        calls = await check(pod, plan, crash).catch((error: unknown) => {
          throw new Error(`before call ${call}: ${(error as Error).message}`, { cause: error });
        });
        await pod.close();
        await pod.gone();
      }
      expect(call, "programs that were started").to.be.greaterThan(3);
    };
    const expectNothing = async () => {
      await until("the kernel to remove the links", 30, async () => (await world.remains()).length === 0 || undefined);
    };

    it(`blocks no ejection with ${words}`, () =>
      everywhere(async (_, plan, crash) => {
        await world.session.inject(plan);
        const { answers, calls } = await runCounted(world, "eject", { vnic: plan.vnic }, crash);
        expect(answers.at(-1), JSON.stringify(answers)).to.have.property("result");
        await expectNothing();
        return calls;
      }));

    it(`leaves nothing of an injection with ${words} that an ejection doesn't remove`, () =>
      everywhere(async (_, plan, crash) => {
        const { answers, calls } = await runCounted(world, "inject", plan, crash);
        const last = await runNodeSide(world, "eject", { vnic: plan.vnic });
        expect(last.at(-1), JSON.stringify([answers, last])).to.have.property("result");
        await expectNothing();
        return calls;
      }));
  }
});
