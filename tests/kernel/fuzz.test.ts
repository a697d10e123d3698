import { expect } from "chai";
import fc from "fast-check";
import { linkAlias, transitLinkName } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { until } from "../lab/run.ts";
import { addressesOf, type LinkRow, Machine } from "../support/kernel/machine.ts";
import { planFor, World } from "../support/kernel/world.ts";

/*
 * A pod changes its namespace, and another one nested in it, by generated commands; then its Vnic is removed.
 * Afterwards the node must be as before, the pod must not have the link any more unless the error names the pod, and
 * the neighbour's Vnic must answer.
 */

/**
 * `VNIC_FUZZ_STATES=300` tries that many states of each mode; by default there are fewer, the same in each run. A test
 * process may take two hours, so more states take several runs, each with its own first seed.
 */
const states = Number(process.env["VNIC_FUZZ_STATES"] ?? 0);
/** The first seed. To repeat a failure alone, set it to the seed in the failure's message. */
const from = Number(process.env["VNIC_FUZZ_SEED"] ?? 1);

/** A command for `ip`, in the pod's namespace or in the nested one; `NESTED` and `POD` stand for their paths. */
interface Command {
  readonly nested: boolean;
  readonly words: readonly string[];
}

/** Commands of a pod for its Vnic's link, or for its own links. Many of them fail, as they would in a real pod. */
const command = (uid: string): fc.Arbitrary<Command> => {
  const name = fc.constantFrom("net1", "net2", "eth0", "x", transitLinkName(uid), "-", `a"#`, "\u0001\u001b", "if1");
  const alias = fc.oneof(
    fc.constantFrom(
      "",
      linkAlias(uid),
      `${linkAlias(uid)},x0\nlink add name pwn0 type bridge\n#,02:00:00:00:00:01,1500,up`,
    ),
    fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replaceAll("\0", "")),
  );
  const index = fc.integer({ min: 1, max: 40 }).map((number) => `if${number}`);
  const link = fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: index });
  const moved = fc.oneof({ weight: 3, arbitrary: fc.constant("net1") }, { weight: 1, arbitrary: link });
  const mode = fc.constantFrom("bridge", "private", "passthru", "source");
  const words = fc.oneof(
    fc.tuple(link, alias).map(([on, text]) => ["link", "set", "dev", on, "alias", text]),
    fc.tuple(link, name).map(([on, to]) => ["link", "set", "dev", on, "name", to]),
    fc.tuple(link, fc.constantFrom("up", "down")).map(([on, state]) => ["link", "set", "dev", on, state]),
    link.map((on) => ["link", "set", "dev", on, "address", "02:00:5e:00:00:99"]),
    link.map((on) => ["address", "flush", "dev", on]),
    link.map((on) => ["address", "add", "203.0.113.66/32", "dev", on]),
    link.map((on) => ["link", "del", "dev", on]),
    name.map((as) => ["link", "add", "name", as, "type", "bridge"]),
    fc
      .tuple(link, name, fc.constantFrom("macvlan", "macvtap"), mode)
      .map(([under, as, type, how]) => ["link", "add", "link", under, "name", as, "type", type, "mode", how]),
    fc.tuple(name, name).map(([as, peer]) => ["link", "add", "name", as, "type", "veth", "peer", "name", peer]),
    fc.tuple(link, link).map(([on, to]) => ["link", "set", "dev", on, "master", to]),
    link.map((on) => ["route", "add", "198.51.100.0/24", "dev", on, "proto", "118"]),
    fc.constant(["rule", "add", "from", "198.51.100.1", "table", "77", "protocol", "118"]),
    // Moves a link between the two namespaces in both directions, and under a new name.
    moved.map((on) => ["link", "set", "dev", on, "netns", "NESTED"]),
    fc.tuple(moved, name).map(([on, to]) => ["link", "set", "dev", on, "name", to, "netns", "NESTED"]),
    moved.map((on) => ["link", "set", "dev", on, "netns", "POD"]),
  );
  return fc.record({ nested: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, fc.constant(true)), words });
};

const networks: [network: InjectPlan["network"], usual: number][] = [
  [{ mode: "macvlan", parent: "eth1" }, 100],
  [{ mode: "bridge", parent: "br7" }, 50],
  [{ mode: "host-device", parent: "eth7" }, 10],
];

/** Worlds in which states are tried side by side, because the kernel lets each state wait for most of its time. */
const lanes = 3;

interface Counts {
  states: number;
  nested: number;
  named: number;
}

describe("a pod that performs random operations", function () {
  this.timeout(states === 0 ? 1_800_000 : 0);
  const worlds: World[] = [];

  before(async () => {
    while (worlds.length < lanes) {
      const world = await World.makeWithParents();
      worlds.push(world);
      const neighbor = planFor(await world.addPod(), "192.168.50.20/24", { mac: "02:00:5e:00:00:20" });
      await world.session.inject(neighbor);
    }
  });
  after(() => Promise.all(worlds.map((world) => world.close())));

  for (const [network, usual] of networks)
    it(`on its Vnic of mode ${network.mode} changes nothing on the node, and keeps nothing of it`, async () => {
      const counts: Counts = { states: 0, nested: 0, named: 0 };
      let seed = from;
      let failed = false;
      const work = async (world: World) => {
        const before = [await node(world), await device(world)];
        while (!failed && seed < from + (states || usual)) await tryState(world, network, seed++, before, counts);
        expect(await world.hosts[0]?.reaches("192.168.50.20"), "the neighbour").to.equal(true);
      };
      const outcomes = await Promise.allSettled(
        worlds.map((world) =>
          work(world).catch((error: unknown) => {
            failed = true;
            throw error;
          }),
        ),
      );
      console.log(
        `      ${counts.states} states, ${counts.nested} with a nested namespace, ${counts.named} that kept the link`,
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    });
});

/** Makes a pod with a Vnic, lets it run the commands of a seed, removes the Vnic and the pod, and checks what is left. */
async function tryState(
  world: World,
  network: InjectPlan["network"],
  seed: number,
  [nodeBefore, deviceBefore]: readonly unknown[],
  counts: Counts,
): Promise<void> {
  const pod = await world.addPod(`fuzz-${network.mode}-${seed}`);
  const nested = await Machine.make(`${pod.machine.netns}-in`);
  // Every other link is made in the pod, if its mode permits that.
  const placement = network.mode !== "host-device" && seed % 2 === 0 ? "direct" : "moved";
  const plan = planFor(pod, "192.168.50.10/24", { network, placement, duplicateAddressDetection: false });
  const uid = plan.vnic.uid;
  const commands = fc.sample(fc.array(command(uid), { minLength: 1, maxLength: 8 }), { seed, numRuns: 1 })[0] ?? [];
  const context = `seed ${seed}: ${JSON.stringify(commands)}`;
  const paths: Record<string, string> = { NESTED: nested.netns, POD: pod.machine.netns };
  await world.session.inject(plan);
  const own = await pod.machine.link("net1");
  expect(own?.link_netnsid, context).to.be.a("number");
  for (const { nested: within, words } of commands)
    await (within ? nested : pod.machine).exec(["ip", ...words.map((word) => paths[word] ?? word)]);
  await world.session.observe(plan);
  const error = await world.session.eject({ vnic: plan.vnic }).then(
    () => undefined,
    (caught: Error) => caught.message,
  );
  if (error !== undefined) expect(error, context).to.contain(`pod shop/${pod.plan.name} (UID ${pod.plan.uid})`);
  else {
    const left = (await pod.machine.links()).filter((link) => hasPeerOf(own, link) || isOnNode(link));
    expect(left, context).to.deep.equal([]);
    // A device that the pod has deleted or hidden without hardware can't come back.
    if (network.mode !== "host-device") expect(await device(world), context).to.deep.equal(deviceBefore);
  }
  expect(await node(world), context).to.deep.equal(nodeBefore);
  counts.states++;
  if (commands.some(({ words }) => words.includes("NESTED"))) counts.nested++;
  if (error !== undefined) counts.named++;
  await nested.close();
  await pod.close();
  await pod.gone();
  // The kernel removes the links of a namespace some time after its end.
  await until("the rest to go with the pod", 30, () =>
    world.session.eject({ vnic: plan.vnic }).then(
      () => true,
      () => undefined,
    ),
  );
  if (!(await world.node.link("eth7"))) await world.addNic("eth7");
  expect(await device(world), context).to.deep.equal(deviceBefore);
}

/** The node's links except those to pods; without `eth7`, which a pod may keep while it runs. */
async function node(world: World): Promise<unknown[]> {
  return (await world.node.links())
    .filter(({ ifname }) => !/^(veth|vn|eth7$)/.test(ifname))
    .map((link) => [link.ifname, link.flags.includes("UP"), link.ifalias, ...addressesOf(link)]);
}

/** The device of mode `host-device`, if it is on the node. */
async function device(world: World): Promise<unknown> {
  const { ifname, flags = [], ifalias } = (await world.node.link("eth7")) ?? {};
  return ifname && [ifname, flags.includes("UP"), ifalias];
}

/** Whether a link has the same peer or lower link as another; its index may be that of a link that is gone. */
function hasPeerOf(own: LinkRow | undefined, { link_index: index, link_netnsid: netns }: LinkRow): boolean {
  return netns !== undefined && netns === own?.link_netnsid && index === own.link_index;
}

/** Whether a pod's link shares a lower link of another namespace; its `eth0` is a veth. */
function isOnNode({ linkinfo, link_netnsid: netns }: LinkRow): boolean {
  return /^(macv|ipv)/.test(linkinfo?.info_kind ?? "") && netns !== undefined;
}
