import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { deriveMac } from "../../provider/model/names.ts";
import { sessionsAtWork } from "../support/cluster.ts";
import { learnedMac, answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";

describe("many Vnics under the real engine", () => {
  const pods = { "app-0": "node1", "app-1": "node1", "app-2": "node2", "app-3": "node3" } as const;
  const stage = setStage("many", pods);

  it("25: are created in one run, each with its own address, its MAC and at most 2.6 KB of state, by one Job on each node at most", async () => {
    const names = Object.keys(pods);
    const wires = Array.from({ length: 50 }, (_, index) => ({
      resource: `wire-${index}`,
      pod: names[index % names.length] ?? "",
      address: `192.168.50.${2 + index}`,
    }));
    await stage.stack.declare(
      wires.map(({ resource, pod, address }, index) =>
        stage.declared(resource, pod, [`${address}/24`], { interfaceName: `lan${index}` }),
      ),
    );
    let most = 0;
    let up = true;
    const watching = (async () => {
      for (; up; await sleep(100)) most = Math.max(most, (await sessionsAtWork(stage.bench.lab.kubectl)).length);
    })();
    await stage.stack.up().finally(() => (up = false));
    await watching;
    expect(most, "Jobs at a time, on three nodes").to.be.within(1, 3);

    for (const { resource, address } of wires) {
      expect(await answersPing(stage.bench.lab, "lan1", address), address).to.equal(true);
      expect(await learnedMac(stage.bench.lab, "lan1", address)).to.equal(
        deriveMac({ namespace: "many", name: resource }),
      );
    }
    for (const vnic of await stage.stack.vnics()) expect(JSON.stringify(vnic).length, vnic.urn).to.be.at.most(2600);
    await stage.stack.up("--expect-no-changes");
    await stage.stack.destroy();
  });
});
