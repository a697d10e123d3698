import { expect } from "chai";
import { hostSideName } from "../../provider/model/names.ts";
import { type ResourceFile, resourceFile } from "../../provider/model/wire/resource-file.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { until } from "../lab/run.ts";
import { assertNoLeaks, remainsOnNodes } from "../support/leaks.ts";
import { addressesOf, type Bench, openBench } from "../support/lifecycle.ts";
import { addLanBridge, addLanNic } from "../support/lan-nic.ts";
import { everywhere, planFor, podOf, runNodeSide } from "../support/node-side.ts";
import { answersPing } from "../support/outside.ts";

describe("the node side, killed", () => {
  let bench: Bench;
  let pod: InjectPlan["pod"];
  const undo: (() => Promise<void>)[] = [];
  const namespace = "crash";
  const address = "192.168.50.70/24";

  before(async () => {
    bench = await openBench({ namespace });
    await bench.runPod("db", "node1");
    pod = await podOf(bench, "db");
    undo.push(await addLanNic("node1", "eth7"), await addLanBridge("node1", "br7", "eth8"));
  });
  after(async () => {
    await bench.close();
    for (const each of undo.reverse()) await each();
    await assertNoLeaks(bench.lab);
  });

  /** Probing takes time, and is the same in all modes. */
  const planOf = (network: InjectPlan["network"]): InjectPlan => ({
    ...planFor(pod, address, network),
    duplicateAddressDetection: network.mode === "macvlan",
  });

  const networks: InjectPlan["network"][] = [
    { mode: "macvlan", parent: "eth1" },
    { mode: "bridge", parent: "br7" },
    { mode: "host-device", parent: "eth7" },
  ];
  for (const network of networks) {
    it(`at every step of an injection with mode ${network.mode}, makes one whole NIC when it is run again`, () =>
      everywhere(
        bench.lab,
        "node1",
        () => planOf(network),
        async (plan, crash) => {
          const killed = await runNodeSide(bench.lab, "node1", "inject", plan, crash);
          expect(killed.answers.filter((answer) => "result" in answer || "error" in answer)).to.deep.equal([]);

          const again = await runNodeSide(bench.lab, "node1", "inject", plan);
          expect(again.answers.at(-1), JSON.stringify(again.answers)).to.have.property("result");
          const ours = (await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined);
          expect(ours.map(({ ifname, address: mac }) => [ifname, mac])).to.deep.equal([["net1", plan.mac]]);
          expect(addressesOf(ours[0])).to.deep.equal([address]);
          const { stdout } = await bench.lab.exec("node1", ["cat", `${stateDirectory}/vnics/${plan.vnic.uid}.json`]);
          expect((JSON.parse(stdout) as ResourceFile).step).to.equal("attached");
          const remains = (await remainsOnNodes(bench.lab)).filter(
            (what) => !what.includes(hostSideName(plan.vnic.uid)),
          );
          expect(remains, "link and file, and nothing else").to.have.length(2);
          // A device's other end notices only within a second that its link is up again.
          await until(
            "an answer outside",
            5,
            async () => (await answersPing(bench.lab, "lan1", "192.168.50.70")) || undefined,
          );
          await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic });
          expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
        },
      ));

    it(`at every step of an injection with mode ${network.mode}, leaves nothing that an ejection doesn't find`, () =>
      everywhere(
        bench.lab,
        "node1",
        () => planOf(network),
        async (plan, crash) => {
          await runNodeSide(bench.lab, "node1", "inject", plan, crash);
          await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic });
          expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
          // Whatever became of it, a device is on the node again as it was.
          if (network.mode === "host-device")
            expect((await bench.lab.exec("node1", ["ip", "-br", "link", "show", "eth7", "up"])).stdout).to.match(
              /^eth7@/,
            );
        },
      ));
  }

  for (const network of [networks[0], networks[2]])
    it(`at every step of an ejection with mode ${network?.mode}, leaves nothing when it is run again`, async () => {
      for (let call = 1, more = true; more; call++) {
        const plan = planFor(pod, address, network);
        await runNodeSide(bench.lab, "node1", "inject", plan);
        const killed = await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic }, { call, moment: "after" });
        more = !killed.answers.some((answer) => "result" in answer);
        await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic });
        expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
      }
    });

  for (const sync of ["fsync", "rename"] as const)
    it(`just before every ${sync} of its file, leaves the one before or the one after, and goes on from there`, async () => {
      const folder = `${stateDirectory}/vnics`;
      let call = 0;
      for (let whole = false; !whole;) {
        call++;
        const plan = planOf({ mode: "macvlan", parent: "eth1" });
        const { answers } = await runNodeSide(bench.lab, "node1", "inject", plan, { call, sync });
        whole = answers.some((answer) => "result" in answer);
        const { code, stdout } = await bench.lab.exec("node1", ["cat", `${folder}/${plan.vnic.uid}.json`]);
        if (code === 0) expect(resourceFile.parse(JSON.parse(stdout)).vnic).to.deep.equal(plan.vnic);

        const again = await runNodeSide(bench.lab, "node1", "inject", plan);
        expect(again.answers.at(-1), `${call}: ${JSON.stringify(again.answers)}`).to.have.property("result");
        expect((await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined)).to.have.length(1);
        const { stdout: names } = await bench.lab.exec("node1", ["ls", folder]);
        expect(names.trim()).to.equal(`${plan.vnic.uid}.json`);
        await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic });
        expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
      }
      // Each step writes the file once, and syncs it and its folder.
      expect(call).to.be.greaterThan(sync === "fsync" ? 2 * 4 : 4);
    });

  it("undoes what it made when a later step fails", async () => {
    const plan = { ...planFor(pod, address), mac: "02:00:5e:00:00:71" };
    const first = planFor(pod, "192.168.50.71/24");
    await runNodeSide(bench.lab, "node1", "inject", { ...first, interfaceName: "net2", mac: plan.mac });
    // Two macvlans of one parent can't be up with the same MAC: the last step fails.
    const { answers } = await runNodeSide(bench.lab, "node1", "inject", plan);
    expect(JSON.stringify(answers.at(-1))).to.match(
      /"error":\{"kind":"failed","message":"ip link set dev net1 up: Address already in use"/,
    );
    expect(await remainsOnNodes(bench.lab), "the first Vnic's link and file").to.have.length(2);
    await runNodeSide(bench.lab, "node1", "eject", { vnic: first.vnic });
  });
});
