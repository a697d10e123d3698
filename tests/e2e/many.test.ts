import { expect } from "chai";
import { deriveMac } from "../../provider/model/names.ts";
import { sessionsAtWork } from "../support/cluster.ts";
import { learnedMac, answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";

describe("many Vnics under the real engine", () => {
  const pods = { "app-0": "node1", "app-1": "node1", "app-2": "node2", "app-3": "node3" } as const;
  const stage = setStage("many", pods);

  it("25: are created in one run, each with its own address and MAC, with at most one Job for each node", async () => {
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
      while (up) most = Math.max(most, (await sessionsAtWork(stage.bench.lab.kubectl)).length);
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
    await stage.stack.up("--expect-no-changes");
    await stage.stack.destroy();
  });
});
