import { expect } from "chai";
import fc from "fast-check";
import { linkAlias, transitLinkName } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { until } from "../lab/run.ts";
import { addressesOf, type LinkRow, Machine } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A pod changes its namespace, and another one nested in it, by generated commands; then its Vnic is removed.
 * Afterwards the node must be as before, the pod must not have the link any more unless the error names the pod, and
 * the neighbour's Vnic must answer.
 */

/**
 * `VNIC_FUZZ_STATES=10000` tries that many states in each mode. The default is a small number of states, which are the
 * same in each run.
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

describe("a pod that performs random operations", function () {
  this.timeout(states === 0 ? 300_000 : 0);
  let world: World;
  let neighbor: Pod;

  before(async () => {
    world = await World.makeWithParents();
    neighbor = await world.addPod();
    await world.session.inject(planFor(neighbor, "192.168.50.20/24", { mac: "02:00:5e:00:00:20" }));
  });
  after(() => world.close());

  /** The node's links except those to pods, and without `eth7`, which a pod may keep while it runs. */
  const node = async () =>
    (await world.node.links())
      .filter(({ ifname }) => !/^(veth|vn|eth7$)/.test(ifname))
      .map((link) => [link.ifname, link.flags.includes("UP"), link.ifalias, ...addressesOf(link)]);
  const device = async () => {
    const { ifname, flags = [], ifalias } = (await world.node.link("eth7")) ?? {};
    return ifname && [ifname, flags.includes("UP"), ifalias];
  };

  for (const [network, usual] of networks)
    it(`on its Vnic of mode ${network.mode} changes nothing on the node, and keeps nothing of it`, async () => {
      const before = await node();
      const free = await device();
      const counted = { states: 0, nested: 0, named: 0 };
      for (let seed = from; seed < from + (states || usual); seed++) {
        const pod = await world.addPod(`fuzz-${network.mode}-${seed}`);
        const nested = await Machine.make(`${pod.machine.netns}-in`);
        const plan = planFor(pod, "192.168.50.10/24", { network, duplicateAddressDetection: false });
        const uid = plan.vnic.uid;
        const commands =
          fc.sample(fc.array(command(uid), { minLength: 1, maxLength: 8 }), { seed, numRuns: 1 })[0] ?? [];
        const story = `seed ${seed}: ${JSON.stringify(commands)}`;
        const paths: Record<string, string> = { NESTED: nested.netns, POD: pod.machine.netns };
        await world.session.inject(plan);
        const own = (await pod.machine.link("net1"))?.ifindex;
        for (const { nested: within, words } of commands)
          await (within ? nested : pod.machine).exec(["ip", ...words.map((word) => paths[word] ?? word)]);
        await world.session.observe(plan);
        const error = await world.session.eject({ vnic: plan.vnic }).then(
          () => undefined,
          (caught: Error) => caught.message,
        );
        if (error !== undefined) expect(error, story).to.contain(`pod shop/${pod.plan.name} (UID ${pod.plan.uid})`);
        else {
          const left = (await pod.machine.links()).filter((link) => link.ifindex === own || isOnNode(link));
          expect(left, story).to.deep.equal([]);
          // A device without hardware that the pod has deleted or hidden can't come back.
          if (network.mode !== "host-device") expect(await device(), story).to.deep.equal(free);
        }
        expect(await node(), story).to.deep.equal(before);
        counted.states++;
        if (commands.some(({ words }) => words.includes("NESTED"))) counted.nested++;
        if (error !== undefined) counted.named++;
        await Promise.all([pod.close(), nested.close()]);
        // The kernel removes the links of a namespace some time after its end.
        await until("the rest to go with the pod", 30, () =>
          world.session.eject({ vnic: plan.vnic }).then(
            () => true,
            () => undefined,
          ),
        );
        if (!(await world.node.link("eth7"))) await world.addNic("eth7");
        expect(await device(), story).to.deep.equal(free);
      }
      console.log(
        `      ${counted.states} states, ${counted.nested} with a nested namespace, ${counted.named} that kept the link`,
      );
      expect(await world.hosts[0]?.reaches("192.168.50.20"), "the neighbour").to.equal(true);
    });
});

/**
 * Whether a pod's link is attached to a link in another network namespace. `eth0` doesn't count, because it is a veth.
 */
function isOnNode({ linkinfo, link_netnsid: netns }: LinkRow): boolean {
  return /^(macv|ipv)/.test(linkinfo?.info_kind ?? "") && netns !== undefined;
}
