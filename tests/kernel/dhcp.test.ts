import { expect } from "chai";
import { until } from "../lab/run.ts";
import type { DhcpServer } from "../support/dhcp-server.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan } from "../support/kernel/dhcp.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { lan, type Pod, World } from "../support/kernel/world.ts";

describe("a lease of a node's Vnic", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let agent: Agent;
  let server: DhcpServer;
  /** The shortest lease that the agent accepts. */
  const leaseSeconds = 30;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    server = await dhcpServer(world, leaseSeconds);
  });
  after(() => world.close());

  const plan = () => wire;
  let wire: ReturnType<typeof leasedPlan>;
  beforeEach(() => (wire ??= leasedPlan(pod)));

  const inPod = async () => addressesOf(await pod.machine.link("net1"));
  const file = () => world.readFile(plan().vnic.uid);
  const leaseEnd = async () => Date.parse((await file()).lease?.expiresAt ?? "");
  /** Waits until the agent has recorded a renewal. */
  const renewed = (before: number) =>
    until("a renewal", leaseSeconds, async () => (await leaseEnd()) > before || undefined);
  const ready = () => agent.statusOf(plan().vnic.uid)?.conditions.find(({ type }) => type === "Ready");
  const released = () => until("the release", 30, async () => (await server.leases()).size === 0 || undefined);
  const refusal = async () => {
    const error: unknown = await world.session.inject(plan()).catch((caught: unknown) => caught);
    return error instanceof Error ? error.message : "it was not refused";
  };

  it("is refused without a trace when the node has no agent", async () => {
    expect(await refusal()).to.match(/^dhcp: .*node agent/);
    expect(await world.remains()).to.deep.equal([]);
    agent = await Agent.start(world);
  });

  it("is refused without a trace when no server answers", async () => {
    expect(await refusal()).to.match(/dhcp: no DHCP server has given an address/);
    expect(await agent.clients()).to.deep.equal([]);
    expect(await world.remains()).to.deep.equal([]);
  });

  it("has the address that the server reserves for its MAC, and nothing but the address", async () => {
    await server.start();
    const routes = await pod.machine.must(["ip", "route"]);
    const { lease } = await world.session.inject(plan());
    const address = lease?.address ?? "";
    await until("the server's note of it", 30, async () => (await server.leases()).size === 1 || undefined);
    expect(await server.leases()).to.deep.equal(new Map([[plan().mac, address.split("/")[0]]]));
    expect(lease).to.deep.include({ server: lan.router, leaseSeconds, renewSeconds: 15, rebindSeconds: 26 });
    expect(await inPod()).to.deep.equal([address]);
    expect(await world.hosts[0]?.reaches(address)).to.equal(true);
    expect((await file()).lease).to.deep.include({ address, leaseSeconds });
    const added = (await pod.machine.must(["ip", "route"])).split("\n").filter((row) => !routes.includes(row));
    expect(added)
      .to.have.length(1)
      .and.to.match(/^192\.168\.50\.0\/24 dev net1/);
  });

  it("is renewed at half of its time, with the same address", async () => {
    const before = await leaseEnd();
    const [addresses, clients] = [await inPod(), await agent.clients()];
    await renewed(before);
    expect(await inPod()).to.deep.equal(addresses);
    expect(await agent.clients(), "no other client").to.deep.equal(clients);
  });

  it("survives a crash of the agent without an interruption", async () => {
    const [address = ""] = await inPod();
    const gaps: string[] = [];
    let watching = true;
    const watcher = (async () => {
      while (watching) if (!(await world.hosts[0]?.reaches(address))) gaps.push(new Date().toISOString());
    })();
    const monitor = pod.machine.spawn(["ip", "monitor", "address", "dev", "net1"]);
    let changes = "";
    monitor.stdout?.on("data", (chunk: Buffer) => (changes += chunk.toString()));
    const before = await leaseEnd();
    await agent.kill();
    await agent.start();
    await renewed(before);
    watching = false;
    await watcher;
    monitor.kill();
    expect(gaps).to.deep.equal([]);
    expect(changes, "what happened to the address").not.to.include("Deleted");
    expect(await inPod()).to.deep.equal([address]);
    expect(await agent.clients()).to.have.length(1);
  });

  it("removes its address when it ends, is reported, and returns with the server", async () => {
    const addresses = await inPod();
    await server.stop();
    await until("the end of the lease", 2 * leaseSeconds, async () => (await inPod()).length === 0 || undefined);
    const condition = await until("the report", 30, () => (ready()?.status === "False" ? ready() : undefined));
    expect(condition.message).to.match(/the lease of \S+ has expired/);
    await server.start();
    await until("a new lease", 30, async () => (await inPod()).length === 1 || undefined);
    expect(await inPod()).to.deep.equal(addresses);
    await until("the report", 30, () => ready()?.status === "True" || undefined);
  });

  it("is released when the Vnic is ejected during a crash of the agent", async () => {
    await agent.kill();
    const starting = agent.start();
    await world.session.eject({ vnic: plan().vnic });
    await starting;
    await released();
    expect(await agent.clients()).to.deep.equal([]);
    expect(await world.remains()).to.deep.equal([]);
  });

  it("ends and is released when a fixed address replaces it", async () => {
    await world.session.inject(plan());
    const { dhcp: _, ...fixed } = plan();
    const { lease } = await world.session.inject({ ...fixed, addresses: ["192.168.50.20/24"] });
    expect(lease).to.equal(undefined);
    expect(await inPod()).to.deep.equal(["192.168.50.20/24"]);
    expect(await agent.clients()).to.deep.equal([]);
    await released();
  });

  it("coexists with a fixed address, and is released with the Vnic", async () => {
    const { lease } = await world.session.inject({ ...plan(), addresses: ["192.168.50.20/24"] });
    expect(await inPod()).to.have.members(["192.168.50.20/24", lease?.address]);
    await until("the server's note of it", 30, async () => (await server.leases()).size === 1 || undefined);
    await world.session.eject({ vnic: plan().vnic });
    await released();
    expect(await agent.clients()).to.deep.equal([]);
  });

  it("ends with the pod, without a remaining client or network namespace", async () => {
    const brief = await world.addPod("brief");
    const { lease } = await world.session.inject(leasedPlan(brief, { mac: "02:00:5e:00:00:77" }));
    expect(await world.hosts[0]?.reaches(lease?.address ?? "")).to.equal(true);
    await brief.close();
    await until("the client's end", 30, async () => (await agent.clients()).length === 0 || undefined);
    // The kernel removes a namespace some time after its last process has ended.
    const isReached = () => world.hosts[0]!.reaches(lease?.address ?? "", 1);
    await until("the namespace's end", 30, async () => ((await isReached()) ? undefined : true));
  });
});
