import { expect } from "chai";
import { until } from "../lab/run.ts";
import { Agent } from "../support/kernel/agent.ts";
import { leasedPlan, startScripted } from "../support/kernel/dhcp.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { lan, type Pod, World } from "../support/kernel/world.ts";

/** Within the last minute or so of a shorter lease, the client would ask all servers at once. */
const leaseSeconds = 130;

describe("a lease whose server is gone", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    await Agent.start(world);
    const options = { 51: leaseSeconds.toString(16).padStart(8, "0") };
    const stop = await startScripted(world, { replies: [{ ip: "192.168.50.60", options }], broadcastsOnly: true });
    world.onClose(stop);
  });
  after(() => world.close());

  it("is requested from that server at T1, and from all servers from T2 on, until one renews it", async () => {
    const capture = world.node.spawn(["tcpdump", "-l", "-n", "-i", "eth1", "udp and dst port 67"]);
    let captured = "";
    capture.stdout?.on("data", (chunk: Buffer) => (captured += chunk.toString()));
    await new Promise((resolve) => capture.stderr?.once("data", resolve));
    try {
      const plan = leasedPlan(pod);
      const obtainedAt = async () => (await world.readFile(plan.vnic.uid)).lease?.obtainedAt;
      const { lease } = await world.session.inject(plan);
      const first = await obtainedAt();
      const toItAlone = `> ${lan.router}.67:`;
      await until("the question at T1", leaseSeconds, () => captured.includes(toItAlone) || undefined);
      expect(await obtainedAt(), "still the first lease").to.equal(first);
      await until("the renewal", leaseSeconds, async () => (await obtainedAt()) !== first || undefined);
      // What is captured is printed some time later.
      const toAll = () => captured.slice(captured.lastIndexOf(toItAlone)).includes("> 255.255.255.255.67:");
      await until("the question to all", 60, () => toAll() || undefined);
      expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([lease?.address]);
      expect(await world.hosts[0]?.reaches(lease?.address ?? "")).to.equal(true);
    } finally {
      capture.kill();
    }
  });
});
