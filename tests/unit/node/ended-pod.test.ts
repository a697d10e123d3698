import { expect } from "chai";
import { FakeNodes } from "../../fakes/node.ts";

describe("an ejection just after the pod's end", () => {
  let nodes: FakeNodes;
  beforeEach(async () => {
    nodes = await FakeNodes.open();
  });
  afterEach(() => nodes.close());

  it("waits for the device that the kernel returns, and restores it", async () => {
    const node = nodes.add("host-device");
    const before = node.others();
    await node.inject();
    await node.endPod();
    const ejection = node.eject();
    setTimeout(() => node.returnDevice(node.plan.interfaceName), 300);
    expect((await ejection).removed).to.equal(true);
    expect(await node.files()).to.deep.equal([]);
    expect(node.ours()).to.deep.equal([]);
    expect(node.others()).to.deep.equal(before);
  });

  it("fails while a device that is still plugged in hasn't come back, and restores it later", async () => {
    const node = nodes.add("host-device");
    const before = node.others();
    await node.inject();
    await nodes.addCard("pci", "0000:03:00.0");
    node.runInPod(`link set dev ${node.plan.interfaceName} address 02:00:5e:00:00:99`);
    await node.endPod();
    const error = await node.eject().catch((caught: unknown) => caught);
    expect(String(error)).to.match(
      /device lan1 \(0000:03:00\.0\) hasn't come back to the node, although pod shop\/db-0/,
    );
    expect(await node.files()).to.have.length(1);

    node.returnDevice(node.plan.interfaceName);
    expect((await node.eject()).removed).to.equal(true);
    expect(await node.files()).to.deep.equal([]);
    expect(node.others()).to.deep.equal(before);
  });

  for (const [what, addCard] of [
    ["was unplugged", () => Promise.resolve()],
    ["was given to another driver", () => nodes.addCard("pci", "0000:03:00.0", "other")],
  ] as const)
    it(`ends without a device that ${what}`, async () => {
      const node = nodes.add("host-device");
      await node.inject();
      await addCard();
      await node.endPod();
      expect((await node.eject()).removed).to.equal(false);
      expect(await node.files()).to.deep.equal([]);
    });
});
