import { expect } from "chai";
import fc from "fast-check";
import { linkAlias, transitLinkName } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A pod changes its namespace by generated commands; then its Vnic is removed. The node must be as before, and the
 * neighbour's Vnic must answer.
 */

/** Commands of a pod for its Vnic's link or its own links. Many fail, as they would in a real pod. */
const command = (uid: string) => {
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
  return fc.oneof(
    fc.tuple(link, alias).map(([on, text]) => ["link", "set", "dev", on, "alias", text]),
    fc.tuple(link, name).map(([on, to]) => ["link", "set", "dev", on, "name", to]),
    fc.tuple(link, fc.constantFrom("up", "down")).map(([on, state]) => ["link", "set", "dev", on, state]),
    link.map((on) => ["link", "set", "dev", on, "address", "02:00:5e:00:00:99"]),
    link.map((on) => ["address", "flush", "dev", on]),
    link.map((on) => ["address", "add", "203.0.113.66/32", "dev", on]),
    link.map((on) => ["link", "del", "dev", on]),
    name.map((as) => ["link", "add", "name", as, "type", "bridge"]),
    fc.tuple(link, name).map(([under, as]) => ["link", "add", "link", under, "name", as, "type", "macvlan"]),
    fc.tuple(name, name).map(([as, peer]) => ["link", "add", "name", as, "type", "veth", "peer", "name", peer]),
    fc.tuple(link, link).map(([on, to]) => ["link", "set", "dev", on, "master", to]),
    link.map((on) => ["route", "add", "198.51.100.0/24", "dev", on, "proto", "118"]),
    fc.constant(["rule", "add", "from", "198.51.100.1", "table", "77", "protocol", "118"]),
  );
};

describe("a pod that performs random operations", () => {
  let world: World;
  let neighbor: Pod;

  before(async () => {
    world = await World.makeWithParents();
    neighbor = await world.addPod();
    await world.session.inject(planFor(neighbor, "192.168.50.20/24", { mac: "02:00:5e:00:00:20" }));
  });
  after(() => world.close());

  const node = async () =>
    (await world.node.links())
      .filter(({ ifname }) => !ifname.startsWith("veth"))
      .map((link) => [link.ifname, link.flags.includes("UP"), link.ifalias, ...addressesOf(link)]);

  const networks: InjectPlan["network"][] = [
    { mode: "macvlan", parent: "eth1" },
    { mode: "bridge", parent: "br7" },
  ];
  for (const network of networks)
    it(`on its Vnic of mode ${network.mode} changes nothing on the node, 100 times`, async () => {
      const before = await node();
      for (let seed = 1; seed <= 100; seed++) {
        const pod = await world.addPod(`fuzz-${network.mode}-${seed}`);
        const plan = planFor(pod, "192.168.50.10/24", { network, duplicateAddressDetection: false });
        const uid = plan.vnic.uid;
        const commands =
          fc.sample(fc.array(command(uid), { minLength: 1, maxLength: 8 }), { seed, numRuns: 1 })[0] ?? [];
        const story = `seed ${seed}: ${JSON.stringify(commands)}`;
        await world.session.inject(plan);
        for (const words of commands) await pod.machine.exec(["ip", ...words]);
        await world.session.observe(plan);
        await world.session.eject({ vnic: plan.vnic }).catch((error: Error) => {
          expect(error.message, story).to.contain(`pod shop/${pod.plan.name} (UID ${pod.plan.uid})`);
        });
        expect(await node(), story).to.deep.equal(before);
        await pod.close();
        await world.session.eject({ vnic: plan.vnic });
      }
      expect(await world.hosts[0]?.reaches("192.168.50.20"), "the neighbour").to.equal(true);
    });
});
