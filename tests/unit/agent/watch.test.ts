import { expect } from "chai";
import { type Reports, Watch } from "../../../provider/agent/watch.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { type FakeNode, FakeNodes } from "../../fakes/node.ts";

const rivalMac = "52:54:00:00:00:99";
const pollSeconds = 5;

describe("the agent's watch", () => {
  let nodes: FakeNodes;
  let node: FakeNode;
  let clock: FakeClock;
  let watch: Watch;
  let said: string[];
  /** The reports that fail, by the beginning of their text. */
  let failing: string | undefined;

  before(async () => {
    nodes = await FakeNodes.open();
  });
  after(() => nodes.close());
  beforeEach(async () => {
    node = nodes.add("macvlan");
    await node.inject();
    clock = new FakeClock();
    said = [];
    failing = undefined;
    watch = new Watch(reports(), clock);
  });
  // The nodes of these tests share their folders, so the next test's watch would see this Vnic.
  afterEach(() => node.eject());

  function reports(): Reports {
    const say = async (text: string): Promise<void> => {
      said.push(text);
      if (failing !== undefined && text.startsWith(failing)) throw new Error("the API server doesn't answer");
    };
    return {
      connection: (_, trouble) => say(trouble?.reason ?? "connected"),
      uniqueness: (_, rival) => say(rival ? `${rival.host} of ${rival.mac}` : "unique"),
      lost: () => say("lost"),
    };
  }

  /** Lets the watch poll for that many seconds, and returns what it reports meanwhile. */
  async function poll(seconds: number): Promise<string[]> {
    const before = said.length;
    for (let passed = 0; passed < seconds; passed += pollSeconds) {
      await clock.advance(pollSeconds);
      await node.check(watch);
    }
    return said.slice(before);
  }

  const parent = () => {
    const { network } = node.plan;
    return node.kernel.linksOf("node").find(({ name }) => "parent" in network && name === network.parent)!;
  };
  const looksIntoPod = () => node.programs.started.filter((line) => line.includes("nsenter")).length;

  it("reports a connection once, and a change of the parent at the next poll", async () => {
    expect(await poll(20)).to.deep.equal(["connected"]);
    parent().up = false;
    expect(await poll(pollSeconds)).to.deep.equal(["ParentDown"]);
    expect(await poll(20)).to.deep.equal([]);
    parent().up = true;
    expect(await poll(pollSeconds)).to.deep.equal(["connected"]);
  });

  it("looks into the pod at first, and then once a minute", async () => {
    await poll(pollSeconds);
    const first = looksIntoPod();
    await poll(50);
    expect(looksIntoPod()).to.equal(first);
    await poll(10);
    expect(looksIntoPod()).to.be.above(first);
  });

  it("looks for a tenth of the time into a pod whose links take long to be read", async () => {
    const { kernel } = node;
    const show = kernel.show.bind(kernel);
    kernel.show = (place) => {
      if (place !== "node") clock.pass(20);
      return show(place);
    };
    await poll(pollSeconds);
    const first = looksIntoPod();
    await poll(170);
    expect(looksIntoPod()).to.equal(first);
    await poll(70);
    expect(looksIntoPod()).to.be.above(first);
  });

  it("reports a NIC that is gone from the pod within a minute", async () => {
    await poll(pollSeconds);
    node.runInPod(`link del dev ${node.plan.interfaceName}`);
    expect(await poll(60)).to.deep.equal(["InterfaceMissing"]);
  });

  it("asks for rivals once a minute, first a minute after it has seen the NIC, and reports each change once", async () => {
    await node.inject({ duplicateAddressDetection: true });
    const [address = ""] = node.plan.addresses;
    const host = address.split("/")[0] ?? "";
    node.kernel.hosts.set(host, rivalMac);
    expect(await poll(60)).to.deep.equal(["connected"]);
    expect(await poll(pollSeconds)).to.deep.equal([`${host} of ${rivalMac}`]);
    expect(await poll(120)).to.deep.equal([]);
    node.kernel.hosts.delete(host);
    expect(await poll(60)).to.deep.equal(["unique"]);
  });

  it("asks for no addresses that a pod has added to its NIC itself", async () => {
    await node.inject({ duplicateAddressDetection: true });
    for (let host = 1; host <= 250; host++)
      node.runInPod(`address add 192.168.77.${host}/24 dev ${node.plan.interfaceName}`);
    const before = node.programs.started.length;
    await poll(120);
    const asked = node.programs.started.slice(before).filter((line) => line.includes("arping"));
    const [address = ""] = node.plan.addresses;
    expect(new Set(asked.map((line) => line.split(" ").at(-1)))).to.deep.equal(new Set([address.split("/")[0]]));
  });

  it("doesn't ask for rivals of a NIC whose owner has switched off the detection of duplicate addresses", async () => {
    await poll(120);
    expect(node.programs.started.filter((line) => line.includes("arping"))).to.deep.equal([]);
  });

  it("reports again at the next poll if a report failed", async () => {
    failing = "connected";
    expect(await poll(10)).to.deep.equal(["connected", "connected"]);
    failing = undefined;
    expect(await poll(10)).to.deep.equal(["connected"]);
  });

  it("reports a lost resource file once, and forgets an ejected Vnic silently", async () => {
    await poll(pollSeconds);
    await node.loseFile();
    expect(await poll(20)).to.deep.equal(["lost"]);
    await node.inject();
    expect(await poll(pollSeconds)).to.deep.equal(["connected"]);
    await node.eject();
    expect(await poll(10)).to.deep.equal([]);
  });
});
