import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { maxItems } from "../../provider/model/schema/bounds.ts";
import { until } from "../lab/run.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan } from "../support/kernel/dhcp.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";
import { numberedMac } from "../support/octets.ts";

const crowd = 40;

/*
 * One tenant has more waiting or failing Vnics than a node works on at once. Another tenant's Vnics must be served in
 * the meantime.
 */

describe("a tenant on the same node", function () {
  this.timeout(1_800_000);
  let world: World;
  let agent: Agent;
  let greedy: Pod;
  let pod: Pod;
  let number = 0;

  before(async () => {
    world = await World.make();
    agent = await Agent.start(world);
    // A network without a server: `dead0` leads only to its other end `dead1`.
    await world.node.ip("link add dead0 type veth peer name dead1", "link set dead0 up", "link set dead1 up");
    greedy = await world.addPod();
    pod = await world.addPod();
  });
  after(() => world.close());
  afterEach(async () => expect(await world.remains()).to.deep.equal([]));

  /** A plan for one more Vnic of the tenant with many Vnics. */
  function greedyPlan(more: Partial<InjectPlan>): InjectPlan {
    const vnic = { uid: randomUUID(), namespace: "greedy", name: `wire-${++number}` };
    const mac = numberedMac("02:00:5e:01", number);
    return leasedPlan(greedy, { vnic, mac, interfaceName: `net${number}`, ...more });
  }

  /** Plans for NICs on a network without a DHCP server. */
  function plansWithoutServer(): InjectPlan[] {
    return Array.from({ length: crowd }, () => greedyPlan({ network: { mode: "macvlan", parent: "dead0" } }));
  }

  /** Requests the NICs of all plans; `waiting` has the plans that aren't answered yet. */
  function ask(plans: readonly InjectPlan[], hold = false) {
    const waiting = new Set(plans);
    const answers = plans.map((plan) =>
      world.session
        .ask({ verb: "inject", plan, hold })
        .catch((error: Error) => error.message)
        .finally(() => waiting.delete(plan)),
    );
    return { waiting, answers: Promise.all(answers) };
  }

  /** Injects a Vnic of the neighbour, checks that it answers, and ejects it. */
  async function serveNeighbor(): Promise<void> {
    const plan = planFor(pod, "192.168.50.20/24");
    await world.session.inject(plan);
    expect(await world.hosts[0]?.reaches("192.168.50.20")).to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
  }

  it("is served while another tenant's Vnics wait for a DHCP server that doesn't answer", async () => {
    const { waiting, answers } = ask(plansWithoutServer());
    await until("more clients than there are places", 60, async () => (await agent.clients()).length > 24 || undefined);
    await serveNeighbor();
    expect(waiting.size).to.be.above(0);
    for (const answer of await answers) expect(answer).to.match(/no DHCP server has given an address/);
  });

  it("keeps its own lease while another tenant's Vnics wait", async () => {
    const server = await dhcpServer(world, 30);
    await server.start();
    const plan = leasedPlan(pod);
    const { lease } = await world.session.inject(plan);
    let isOver = false;
    const crowds = (async () => {
      while (!isOver) await ask(plansWithoutServer()).answers;
    })();
    await until("a renewal", 60, async () => {
      const held = (await world.session.observe(plan)).lease;
      return held?.obtainedAt !== lease?.obtainedAt || undefined;
    });
    expect((await world.session.observe(plan)).lease?.address).to.equal(lease?.address);
    isOver = true;
    await crowds;
    await world.session.eject({ vnic: plan.vnic });
    await server.close();
  });

  it("is served several times before most of another tenant's 60 Vnics, which were requested before", async () => {
    const detection = { duplicateAddressDetection: false };
    const plans = Array.from({ length: 60 }, () =>
      greedyPlan({ dhcp: undefined, ...detection, addresses: [`10.9.${number}.1/24`] }),
    );
    const { waiting, answers } = ask(plans);
    const files = () => readdir(dirname(world.pathOf(""))).catch((): string[] => []);
    await until("the first of them to begin", 60, async () => (await files()).length > 0 || undefined, { brief: true });
    const own = Array.from({ length: 5 }, (_, index) =>
      planFor(pod, `192.168.50.${20 + index}/24`, {
        ...detection,
        interfaceName: `net${index}`,
        mac: `02:00:5e:00:00:8${index}`,
      }),
    );
    for (const plan of own) await world.session.inject(plan);
    expect(waiting.size).to.be.above(plans.length / 2);
    expect(await world.hosts[0]?.reaches("192.168.50.24")).to.equal(true);
    for (const answer of await answers) expect(answer).to.have.property("interface");
    await Promise.all([...own, ...plans].map(({ vnic }) => world.session.eject({ vnic })));
  });

  it("is served while another tenant's Vnics wait for their driver", async () => {
    const plans = Array.from({ length: crowd }, () =>
      greedyPlan({ dhcp: undefined, addresses: [`10.9.${number}.1/24`] }),
    );
    const { waiting, answers } = ask(plans, true);
    await serveNeighbor();
    expect(waiting.size).to.equal(crowd);
    // The held requests are never approved. They are undone when the session ends.
    await world.session.close();
    await answers;
  });

  it("is served while another tenant's Vnics get as many routes as allowed, again and again", async () => {
    const routes = (third: number) =>
      Array.from({ length: maxItems.routes }, (_, index) => ({ to: `10.${third}.${index >> 8}.${index & 255}/32` }));
    let isOver = false;
    const plans = Array.from({ length: 4 }, () => {
      const plan = greedyPlan({
        dhcp: undefined,
        duplicateAddressDetection: false,
        addresses: [`10.9.${number}.1/24`],
      });
      return { ...plan, pod: greedy.plan };
    });
    const tries = plans.map(async (plan, tenth) => {
      for (let round = 0; !isOver; round++) {
        const routing = { routes: routes(100 + 10 * tenth + (round % 2)), gateways: [], replyVia: "pod" as const };
        await world.session.inject({ ...plan, routing });
      }
      await world.session.eject({ vnic: plan.vnic });
    });
    await serveNeighbor();
    isOver = true;
    await Promise.all(tries);
  });

  it("is served while another tenant repeatedly tries a missing parent", async () => {
    let isOver = false;
    const tries = Array.from({ length: crowd }, async () => {
      for (const plan = greedyPlan({ network: { mode: "macvlan", parent: "eth99" } }); !isOver;)
        expect(await world.session.inject(plan).catch((error: Error) => error.message)).to.match(
          /no interface "eth99"/,
        );
    });
    await serveNeighbor();
    isOver = true;
    await Promise.all(tries);
  });
});
