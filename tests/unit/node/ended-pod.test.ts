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

  it("ends without a device that was unplugged", async () => {
    const node = nodes.add("host-device");
    await node.inject();
    await node.endPod();
    expect((await node.eject()).removed).to.equal(false);
    expect(await node.files()).to.deep.equal([]);
  }).timeout(120_000);
});
