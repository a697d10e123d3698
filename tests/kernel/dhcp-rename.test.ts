import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { until } from "../lab/run.ts";
import type { DhcpServer } from "../support/dhcp-server.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan } from "../support/kernel/dhcp.ts";
import { everywhere } from "../support/kernel/killed-node-side.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { type Pod, World } from "../support/kernel/world.ts";

describe("the lease of a NIC that gets another name", function () {
  this.timeout(1_800_000);
  let world: World;
  let pod: Pod;
  let agent: Agent;
  let server: DhcpServer;
  let plan: InjectPlan;
  const leaseSeconds = 30;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    agent = await Agent.start(world);
    server = await dhcpServer(world, leaseSeconds);
    await server.start();
  });
  after(() => world.close());
  beforeEach(async () => {
    plan = leasedPlan(pod);
    await world.session.inject(plan);
  });
  afterEach(async () => {
    await world.session.eject({ vnic: plan.vnic });
    expect(await world.remains()).to.deep.equal([]);
    expect(await agent.clients()).to.deep.equal([]);
  });

  const renamed = () => ({ ...plan, interfaceName: "lan0" });
  const file = () => world.readFile(plan.vnic.uid);
  const leaseEnd = async () => Date.parse((await file()).lease?.expiresAt ?? "");
  /** The NICs that the agent's DHCP clients are bound to. */
  const nicsOfClients = async () => {
    const commands = await Promise.all(
      (await agent.clients()).map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    return commands.map((command) => /\0-i\0([^\0]*)/.exec(command)?.[1]);
  };
  /** The client for the new name may still be starting when the injection has ended. */
  const hasOneClient = () =>
    until("one client, for lan0", 30, async () => (await nicsOfClients()).join() === "lan0" || undefined);
  const awaitRenewal = async (before: number) =>
    until("a renewal", leaseSeconds, async () => (await leaseEnd()) > before || undefined);

  it("stays, with the server away, and is renewed over the renamed NIC when the server is back", async () => {
    const { lease: former } = await file();
    await server.stop();
    const { lease, interface: live } = await world.session.inject(renamed());
    expect(lease).to.deep.equal(former);
    expect(live).to.deep.include({ name: "lan0", addresses: [former?.address] });
    await hasOneClient();
    expect(await world.hosts[0]?.reaches(former?.address ?? "")).to.equal(true);
    await server.start();
    await awaitRenewal(Date.parse(former?.expiresAt ?? ""));
    expect((await file()).lease?.address).to.equal(former?.address);
    expect(addressesOf(await pod.machine.link("lan0"))).to.deep.equal([former?.address]);
  });

  it("is neither released nor forgotten when the name is taken, even if DHCP should end as well", async () => {
    await pod.machine.ip("link add lan0 type bridge");
    const before = await leaseEnd();
    const clients = await agent.clients();
    const { dhcp: _, ...fixed } = renamed();
    for (const wanted of [renamed(), { ...fixed, addresses: ["192.168.50.20/24"] }]) {
      const error: unknown = await world.session.inject(wanted).catch((caught: unknown) => caught);
      expect((error as Error).message).to.match(/^interfaceName: /);
    }
    expect(await agent.clients()).to.deep.equal(clients);
    expect([...(await server.leases()).keys()]).to.include(plan.mac);
    await awaitRenewal(before);
    await pod.machine.ip("link del lan0");
  });

  it("has one client for the NIC's name, whenever the node side was killed", async () => {
    await world.session.eject({ vnic: plan.vnic });
    await everywhere(
      world,
      () => ({ ...leasedPlan(pod), interfaceName: "lan0" }),
      async (crashed) => {
        plan = crashed;
        const [nic] = (await pod.machine.links()).filter(({ ifalias }) => ifalias !== undefined);
        expect(await world.hosts[0]?.reaches(addressesOf(nic)[0] ?? "", 5)).to.equal(true);
        const { lease, interface: live } = await world.session.inject(crashed);
        expect(live).to.deep.include({ name: "lan0", addresses: [lease?.address] });
        await hasOneClient();
        await world.session.eject({ vnic: crashed.vnic });
        expect(await world.remains()).to.deep.equal([]);
      },
      (next) => world.session.inject({ ...next, interfaceName: "net1" }),
    );
  });
});
