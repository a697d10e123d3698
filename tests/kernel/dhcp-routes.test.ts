import { expect } from "chai";
import { until } from "../lab/run.ts";
import { Agent } from "../support/kernel/agent.ts";
import { leasedPlan, startScripted } from "../support/kernel/dhcp.ts";
import { lan, type Pod, World } from "../support/kernel/world.ts";
import type { Reply } from "../support/scripted-dhcp.ts";

/** The LAN's router has a distant host behind it, without a path to the cluster. */
describe("routes from a DHCP server, on a node", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let stop: () => Promise<void> = async () => undefined;
  const far = "172.16.9.9";
  const router = "c0a83201";
  /** 172.16.0.0/12 and 172.32.0.0/16, each via that router. */
  const [private12, other16] = [`0cac10${router}`, `10ac20${router}`];
  const defaultRoute = { except: ["10.96.0.0/16", "10.213.0.0/16", "10.214.0.0/16"] };

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    await Agent.start(world);
    await world.lan.ip(`address add ${far}/32 dev lo`);
  });
  afterEach(async () => {
    await stop();
    expect(await world.remains()).to.deep.equal([]);
  });
  after(() => world.close());

  const serve = async (...replies: Reply[]) => {
    stop = await startScripted(world, { replies, naks: replies.length - 1 });
  };
  const planWith = (more: object) => {
    const plan = leasedPlan(pod);
    const routing = { routes: [], gateways: [], replyVia: "vnic", ...more } as const;
    return { ...plan, dhcp: { ...plan.dhcp!, routes: true, ...more }, routing };
  };
  /** The device through which the pod's own traffic to an address leaves. */
  const wayTo = async (address: string) =>
    / dev (\S+)/.exec(await pod.machine.must(["ip", "route", "get", address]))?.[1];
  const routesOfPod = () => pod.machine.must(["ip", "route", "show", "table", "all"]);
  const reachesFar = async (to = "") =>
    (await world.lan.exec(["ping", "-n", "-c", "1", "-w", "3", "-I", far, to.split("/")[0] ?? ""])).code === 0;

  it("include a requested default route, which doesn't affect the cluster's networks", async () => {
    const before = await routesOfPod();
    await serve({ ip: "192.168.50.60", options: { 3: router } });
    const plan = planWith({ defaultRoute });
    const { lease } = await world.session.inject(plan);
    expect(lease?.router).to.equal(lan.router);
    expect(await wayTo("8.8.8.8")).to.equal("net1");
    for (const inCluster of ["10.96.0.1", "10.213.1.1", "10.214.99.1"])
      expect(await wayTo(inCluster), inCluster).to.equal("eth0");
    expect(await reachesFar(lease?.address)).to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
    expect(await routesOfPod()).to.equal(before);
  });

  it("change with the lease", async () => {
    await serve(
      { ip: "192.168.50.60", options: { 121: private12 } },
      { ip: "192.168.50.61", options: { 121: other16 } },
    );
    const plan = planWith({});
    await world.session.inject(plan);
    expect(await wayTo(far)).to.equal("net1");
    await until("the next lease", 40, async () => (await wayTo("172.32.0.1")) === "net1" || undefined);
    expect(await wayTo(far)).to.equal("eth0");
    const seen = await world.session.observe(plan);
    expect(seen.lease?.routes).to.deep.equal([{ to: "172.32.0.0/16", via: lan.router }]);
    expect(seen.routing ?? []).to.deep.equal([]);
    await world.session.eject({ vnic: plan.vnic });
  });

  it("are taken once, and without that of the network itself, when the server repeats them", async () => {
    const own = "18c0a832";
    await serve({ ip: "192.168.50.60", options: { 121: `${own}00000000${private12}0cac10c0a83202${own}${router}` } });
    const plan = planWith({});
    const { lease } = await world.session.inject(plan);
    expect(lease?.routes).to.deep.equal([{ to: "172.16.0.0/12", via: lan.router }]);
    expect(await wayTo(far)).to.equal("net1");
    await world.session.eject({ vnic: plan.vnic });
  });

  const hostile: [what: string, options: Record<number, string>, why: RegExp][] = [
    ["all traffic, in two halves", { 121: `0100${router}0180${router}` }, /route "0\.0\.0\.0\/1": a network of 1 bits/],
    ["the cluster's services", { 121: `200a600001${router}` }, /route "10\.96\.0\.1\/32": it would draw traffic/],
    ["a router that is no host", { 3: "c0a832ff" }, /its router 192\.168\.50\.255 is no host of the subnet/],
    ["a router elsewhere", { 121: "0cac1008080808" }, /its router 8\.8\.8\.8 is not in the subnet/],
  ];
  for (const [what, options, why] of hostile)
    it(`have their offer refused without a trace when they want ${what}`, async () => {
      const before = await routesOfPod();
      await serve({ ip: "192.168.50.60", options });
      const error: unknown = await world.session.inject(planWith({ defaultRoute })).catch((caught: unknown) => caught);
      expect(error).to.be.an("error").with.property("message").that.matches(why);
      expect(await routesOfPod()).to.equal(before);
    });
});
