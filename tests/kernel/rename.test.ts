import { release } from "node:os";
import { expect } from "chai";
import { transitLinkName } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { everywhere } from "../support/kernel/killed-node-side.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { sessionOnOldKernel } from "../support/kernel/old-kernel.ts";
import type { Session } from "../support/kernel/session.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

const networks: InjectPlan["network"][] = [
  { mode: "macvlan", parent: "eth1" },
  { mode: "bridge", parent: "br7" },
  { mode: "host-device", parent: "eth7" },
];
/** Whether this machine's kernel renames links that are up. */
const [major = 0, minor = 0] = release().split(".").map(Number);
const renamesLinksThatAreUp = major > 6 || (major === 6 && minor >= 2);
const addresses = ["192.168.50.70/24", "fd50::70/64"];
const routing = {
  routes: [{ to: "10.77.0.0/16", via: "192.168.50.1" }],
  gateways: ["192.168.50.1", "fd50::1"],
  replyVia: "vnic",
} as const;

describe("a change of a NIC's name", function () {
  this.timeout(1_800_000);
  let world: World;
  let pod: Pod;
  let oldKernel: Session;

  before(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
    oldKernel = await sessionOnOldKernel(world);
  });
  after(() => world.close());
  afterEach(async () => expect(await world.remains()).to.deep.equal([]));

  const named = (plan: InjectPlan, interfaceName = "lan0"): InjectPlan => ({ ...plan, interfaceName });
  const link = (name: string) => pod.machine.link(name);
  const eject = ({ vnic }: InjectPlan) => world.session.eject({ vnic });
  const routes = async () =>
    (await Promise.all(["-4", "-6"].map((family) => pod.machine.must(["ip", family, "route", "show", "table", "all"]))))
      .join("")
      .split("\n")
      .filter((row) => row.includes("proto 118"));
  const reachAll = async (plan: InjectPlan) => {
    // A device's peer detects only within a second that its link is up again.
    for (const address of plan.addresses) expect(await world.hosts[0]?.reaches(address, 5), address).to.equal(true);
  };

  for (const network of networks)
    for (const [kernel, session, staysUp] of [
      ["", () => world.session, renamesLinksThatAreUp],
      [" on a kernel that renames no link that is up", () => oldKernel, false],
    ] as const)
      it(`keeps link, addresses and routes in mode ${network.mode}${kernel}`, async () => {
        const plan = planFor(pod, "", { network, addresses, routing, duplicateAddressDetection: false });
        await session().inject(plan);
        // The kernel removes the pod's own routes over a link that goes down.
        await pod.machine.ip("route add 10.99.0.0/16 via 192.168.50.2 dev net1");
        const before = { link: await link("net1"), routes: await routes() };
        expect(before.routes).to.have.length.greaterThan(4);

        const { interface: live } = await session().inject(named(plan));
        const after = await link("lan0");
        expect(live).to.deep.include({ name: "lan0", mac: plan.mac, addresses, up: true });
        expect(await link("net1")).to.equal(undefined);
        expect([after?.ifindex, after?.address, after?.mtu]).to.deep.equal([
          before.link?.ifindex,
          before.link?.address,
          before.link?.mtu,
        ]);
        expect(addressesOf(after)).to.deep.equal(addresses);
        const renamed = before.routes.map((row) => row.replace("dev net1", "dev lan0"));
        expect(await routes()).to.have.members(renamed);
        expect((await world.session.observe(plan)).routing ?? []).to.deep.equal([]);
        const own = await pod.machine.must(["ip", "route", "show", "10.99.0.0/16"]);
        expect(own.includes("dev lan0"), "whether the link has stayed up").to.equal(staysUp);
        await reachAll(plan);
        await eject(plan);
        expect(await routes()).to.deep.equal([]);
      });

  it("changes other fields as well", async () => {
    const plan = planFor(pod, "192.168.50.70/24");
    const changed = { ...named(plan), mtu: 1400, addresses: ["192.168.50.71/24"] };
    for (const session of [world.session, oldKernel]) {
      await session.inject(plan);
      const { interface: live } = await session.inject(changed);
      expect(live).to.deep.include({ name: "lan0", mtu: 1400, addresses: changed.addresses, up: true });
      await reachAll(changed);
      expect(await world.hosts[0]?.reaches("192.168.50.70", 1)).to.equal(false);
      await eject(plan);
    }
  });

  describe("to a name that is taken", () => {
    let plan: InjectPlan;
    beforeEach(async () => {
      plan = planFor(pod, "192.168.50.70/24");
      await world.session.inject(plan);
    });
    afterEach(async () => {
      await eject(plan);
      await pod.machine.exec(["ip", "link", "del", "made0"]);
    });

    const refusalOf = async (wanted: InjectPlan) => {
      const before = { link: await link("net1"), file: await world.readFile(plan.vnic.uid) };
      const error: unknown = await world.session.inject(wanted).catch((caught: unknown) => caught);
      expect(error).to.include({ kind: "refused" });
      const { ifindex, flags } = (await link("net1")) ?? {};
      expect([ifindex, flags]).to.deep.equal([before.link?.ifindex, before.link?.flags]);
      expect(await world.readFile(plan.vnic.uid)).to.deep.equal(before.file);
      await reachAll(plan);
      return (error as Error).message;
    };
    const taken = /^interfaceName: pod shop\/\S+ has an interface "lan0" already, and it isn't this Vnic's; choose /;

    it("by a link of the pod is refused while the NIC answers, and succeeds when the name is free", async () => {
      await pod.machine.ip("link add made0 type veth peer name lan0");
      expect(await refusalOf(named(plan))).to.match(taken);
      expect(await refusalOf({ ...named(plan), addresses: ["192.168.50.71/24"] })).to.match(taken);
      await pod.machine.ip("link del made0");
      await world.session.inject(named(plan));
      expect(await link("net1")).to.equal(undefined);
      await reachAll(plan);
    });

    it("by an alternative name of a link of the pod is refused while the NIC answers", async () => {
      await pod.machine.ip("link add made0 type bridge", "link property add dev made0 altname lan0");
      expect(await refusalOf(named(plan))).to.match(taken);
    });

    it("is refused before the NIC is removed for another change", async () => {
      await pod.machine.ip("link add made0 type veth peer name lan0");
      expect(await refusalOf({ ...named(plan), network: { mode: "bridge", parent: "br7" } })).to.match(taken);
    });

    it("by another Vnic is refused, also when two exchange their names, and a third name resolves that", async () => {
      const other = planFor(pod, "192.168.50.72/24", { interfaceName: "lan0", mac: "02:00:5e:00:00:72" });
      await world.session.inject(other);
      const results = await Promise.allSettled(
        [named(plan), named(other, "net1")].map((one) => world.session.inject(one)),
      );
      expect(results.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      await reachAll(plan);
      await reachAll(other);
      for (const step of [named(plan, "spare0"), named(other, "net1"), named(plan)]) await world.session.inject(step);
      expect([(await link("lan0"))?.address, (await link("net1"))?.address]).to.deep.equal([plan.mac, other.mac]);
      await reachAll(plan);
      await reachAll(other);
      await eject(other);
    });
  });

  it("succeeds when the wanted name is an alternative name of the NIC itself", async () => {
    const plan = planFor(pod, "192.168.50.70/24");
    await world.session.inject(plan);
    await pod.machine.ip("link property add dev net1 altname lan0 altname spare0");
    const { interface: live } = await world.session.inject(named(plan));
    expect(live).to.include({ name: "lan0", up: true });
    await eject(plan);
  });

  it("is refused without a change when the network is another one that can't be used", async () => {
    const plan = planFor(pod, "192.168.50.70/24");
    await world.session.inject(plan);
    const before = await link("net1");
    for (const [parent, why] of [
      ["eth9", /network.parent: there is no interface "eth9"/],
      ["cni0", /network.parent: cni0/],
    ] as const) {
      const error: unknown = await world.session
        .inject({ ...plan, network: { mode: "macvlan", parent } })
        .catch((caught: unknown) => caught);
      expect((error as Error).message).to.match(why);
    }
    expect((await link("net1"))?.ifindex).to.equal(before?.ifindex);
    await reachAll(plan);
    await eject(plan);
  });

  describe("whose process is killed at any step", () => {
    for (const network of networks) {
      const planOf = () =>
        planFor(pod, "192.168.50.70/24", { network, interfaceName: "lan0", duplicateAddressDetection: false });
      const inject = (plan: InjectPlan) => world.session.inject(plan);
      const prepare = (plan: InjectPlan) => inject(named(plan, "net1"));
      const ours = async () => (await pod.machine.links()).filter(({ ifalias }) => ifalias !== undefined);

      it(`leaves a NIC of mode ${network.mode} that answers, and gets either name when it is run again`, () =>
        everywhere(
          world,
          planOf,
          async (plan, crash) => {
            await reachAll(plan);
            const [nic, ...more] = await ours();
            expect(more).to.deep.equal([]);
            expect(nic?.ifname).to.be.oneOf(["net1", "lan0"]);
            for (const name of crash.call % 2 === 0 ? ["lan0"] : ["net1", "lan0"]) {
              const { interface: live } = await inject(named(plan, name));
              expect(live).to.deep.include({ name, mac: plan.mac, addresses: plan.addresses, up: true });
              expect((await ours()).map(({ ifindex }) => ifindex)).to.deep.equal([nic?.ifindex]);
              expect(await world.readFile(plan.vnic.uid)).to.deep.include({ step: "attached" });
            }
            await reachAll(plan);
            await eject(plan);
            expect(await world.remains()).to.deep.equal([]);
          },
          prepare,
        ));

      it(`leaves nothing of a NIC of mode ${network.mode} after its ejection`, () =>
        everywhere(
          world,
          planOf,
          async (plan) => {
            await eject(plan);
            expect(await world.remains()).to.deep.equal([]);
            expect(await link(transitLinkName(plan.vnic.uid))).to.equal(undefined);
            if (network.mode === "host-device") expect((await world.node.link("eth7"))?.flags).to.include("UP");
          },
          prepare,
        ));
    }
  });
});
