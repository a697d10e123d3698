import { expect } from "chai";
import { until } from "../lab/run.ts";
import type { DhcpServer } from "../support/dhcp-server.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan, startScripted } from "../support/kernel/dhcp.ts";
import { addressesOf, type Machine } from "../support/kernel/machine.ts";
import { type Pod, World } from "../support/kernel/world.ts";

describe("a leased address that another host uses", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let server: DhcpServer;
  let asking: Machine;
  let squatter: Machine;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    await Agent.start(world);
    server = await dhcpServer(world, 30);
    const [one, other] = world.hosts;
    if (!one || !other) throw new Error("the LAN has too few hosts");
    [asking, squatter] = [one, other];
  });
  after(() => world.close());

  /** Adds an address to a host on the LAN without duplicate address detection. */
  const squat = async (host: string) => {
    await squatter.ip(`address add ${host}/24 dev eth0`);
    return () => squatter.ip(`address del ${host}/24 dev eth0`);
  };
  /** The MAC that another host last learned for an address. */
  const learnedMac = async (host: string) => {
    const rows = JSON.parse(await asking.must(["ip", "-j", "neigh", "show", host])) as { lladdr?: string }[];
    return rows[0]?.lladdr;
  };

  it("is declined, and the server gives another one, without disturbing the host", async () => {
    await server.start();
    const plan = leasedPlan(pod);
    const first = await world.session.inject(plan);
    const taken = first.lease?.address.split("/")[0] ?? "";
    await world.session.eject({ vnic: plan.vnic });
    await until("the release", 30, async () => (await server.leases()).size === 0 || undefined);

    const leave = await squat(taken);
    try {
      await asking.must(["ip", "neigh", "flush", "all"]);
      expect(await asking.reaches(taken, 10)).to.equal(true);
      // The server remembers the Vnic, and offers the same address again.
      const { lease } = await world.session.inject(plan);
      expect(lease?.address).to.be.a("string").and.not.equal(first.lease?.address);
      expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([lease?.address]);
      expect(await asking.reaches(lease?.address ?? "")).to.equal(true);
      expect(await asking.reaches(taken)).to.equal(true);
      expect(await learnedMac(taken)).to.equal((await squatter.link("eth0"))?.address);
      await world.session.eject({ vnic: plan.vnic });
    } finally {
      await leave();
      await server.stop();
    }
  });

  it("is taken when duplicate address detection is off", async () => {
    const taken = "192.168.50.60";
    const leave = await squat(taken);
    const stop = await startScripted(world, { replies: [{ ip: taken }] });
    try {
      const plan = leasedPlan(pod, { duplicateAddressDetection: false });
      await world.session.inject(plan);
      expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([`${taken}/24`]);
      await world.session.eject({ vnic: plan.vnic });
    } finally {
      await stop();
      await leave();
    }
  });
});
