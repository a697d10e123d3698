import { expect } from "chai";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { lan, planFor, type Pod, World } from "../support/kernel/world.ts";

/** The checks that the node makes itself, whatever the plan says. */
describe("a parent on the node", () => {
  let world: World;
  let pod: Pod;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    await world.addNic("eth7");
    // Bridges with names that no plugin uses: one of the cluster's network, and one with a port to the LAN.
    await world.node.ip("link add pods type bridge", "link set pods up");
    await world.addPod("other");
    await world.node.ip("link set veth2 master pods");
    await world.addBridge("br7", "eth8");
  });
  after(() => world.close());
  afterEach(async () => {
    expect(await world.remains()).to.deep.equal([]);
  });

  const refusalOf = (network: InjectPlan["network"], address = "192.168.50.10/24", more: Partial<InjectPlan> = {}) =>
    world.session.inject(planFor(pod, address, { network, ...more })).then(
      () => "nothing was refused",
      (error: Error) => error.message,
    );

  for (const mode of ["macvlan", "bridge"] as const)
    it(`can't be the pods' bridge, whatever its name, in mode ${mode}`, async () => {
      expect(await refusalOf({ mode, parent: "cni0" })).to.match(
        /cni0 is a link of the cluster's own network; name a NIC/,
      );
      expect(await refusalOf({ mode, parent: "pods" })).to.match(
        /pods is the bridge by which pods are on the cluster's/,
      );
    });

  for (const mode of ["macvlan", "host-device"] as const)
    it(`can't be the node's end of a pod's interface, in mode ${mode}`, async () => {
      await world.node.ip("link set veth2 nomaster");
      const words = await refusalOf({ mode, parent: "veth2" });
      await world.node.ip("link set veth2 master pods");
      expect(words).to.match(/veth2 is the node's end of a pod's interface/);
    });

  it("may be a bridge of the LAN, even with pods on it that another program attached", async () => {
    await world.node.ip("link set veth2 master br7");
    const plan = planFor(pod, "192.168.50.10/24", { network: { mode: "bridge", parent: "br7" } });
    await world.session.inject(plan);
    expect(await world.hosts[0]?.reaches("192.168.50.10")).to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
    await world.node.ip("link set veth2 master pods");
  });

  describe("that has another name in the definition", () => {
    const named = async (): Promise<string[]> => {
      const [eth1] = JSON.parse(await world.node.must(["ip", "-j", "link", "show", "eth1"])) as { address: string }[];
      return [eth1!.address, "shim"];
    };
    before(() => world.node.ip("link add shim link eth1 type macvlan mode bridge", "link set shim up"));
    after(() => world.node.ip("link del shim"));

    it("is refused while the addresses are claimed by that name alone, before the pod is touched", async () => {
      for (const parent of await named()) {
        const network = { mode: "macvlan", parent } as const;
        expect(await refusalOf(network, "192.168.50.10/24", { segments: [parent] })).to.match(/the parent is eth1 on/);
        expect(await world.remains(), parent).to.deep.equal([]);
      }
    });

    it("serves when they are claimed by its own name as well", async () => {
      for (const parent of await named()) {
        const plan = planFor(pod, "192.168.50.10/24", {
          network: { mode: "macvlan", parent },
          segments: [parent, "eth1"],
        });
        await world.session.inject(plan);
        expect(await world.hosts[0]?.reaches("192.168.50.10"), parent).to.equal(true);
        await world.session.eject({ vnic: plan.vnic });
      }
    });
  });

  describe("in mode host-device", () => {
    const device = { mode: "host-device", parent: "eth7" } as const;

    it("can't be a device with routes of the node, even without an address", async () => {
      await world.node.ip("route add 203.0.113.0/24 dev eth7");
      expect(await refusalOf(device)).to.match(/eth7 carries the node's route to 203\.0\.113\.0\/24, which would end/);
      await world.node.ip("route del 203.0.113.0/24 dev eth7");
      await world.node.must(["ip", "-6", "route", "add", "default", "dev", "eth7", "metric", "50"]);
      expect(await refusalOf(device)).to.match(/eth7 carries the node's route to default/);
      await world.node.must(["ip", "-6", "route", "del", "default", "dev", "eth7", "metric", "50"]);
      await world.node.ip("route add 203.0.113.0/24 dev eth7 table 77");
      expect(await refusalOf(device), "in a table of its own").to.match(/eth7 carries the node's route to 203/);
      await world.node.ip("route del 203.0.113.0/24 dev eth7 table 77");
    });

    it("can't be a device that is the parent of other Vnics", async () => {
      const plan = planFor(pod, "192.168.50.10/24", { network: { mode: "macvlan", parent: "eth7" } });
      await world.session.inject(plan);
      const words = await refusalOf(device, "192.168.50.11/24", { interfaceName: "net2", mac: "02:00:5e:00:00:71" });
      expect(words).to.match(/eth7 is the parent of Vnic shop\/wire, which would end with the move/);
      expect(await world.hosts[0]?.reaches("192.168.50.10"), "which goes on").to.equal(true);
      await world.session.eject({ vnic: plan.vnic });
    });

    it("can't be a device with an address, or a port", async () => {
      await world.node.ip("address add 169.254.7.7/16 dev eth7");
      expect(await refusalOf(device)).to.match(/carries the node's own 169\.254\.7\.7\/16/);
      await world.node.ip("address del 169.254.7.7/16 dev eth7", "link set eth7 master br7");
      expect(await refusalOf(device)).to.match(/eth7 is a port of br7/);
      await world.node.ip("link set eth7 nomaster");
    });

    it("may be an unused device, which is returned to the node in its former state", async () => {
      const before = await world.node.runningLink("eth7");
      const plan = planFor(pod, "192.168.50.10/24", { network: device });
      await world.session.inject(plan);
      expect(await world.hosts[0]?.reaches("192.168.50.10")).to.equal(true);
      await world.session.eject({ vnic: plan.vnic });
      const { ifname, address, mtu, flags } = await world.node.runningLink("eth7");
      expect({ ifname, address, mtu, flags }).to.deep.equal({
        ifname: before.ifname,
        address: before.address,
        mtu: before.mtu,
        flags: before.flags,
      });
    });
  });

  it("is refused with its bridge's name when it is a bridge's port, while the bridge itself is accepted", async () => {
    // A NIC other than `eth8`, because two ports on one LAN would be a loop.
    await world.node.ip("link add br9 type bridge", "link set br9 up", "link set eth7 master br9");
    for (const mode of ["macvlan", "macvlan-private"] as const)
      expect(await refusalOf({ mode, parent: "eth7" })).to.match(
        /eth7 is a port of the bridge br9 on the node; name br9 instead, or use mode "bridge" with it/,
      );
    expect(await refusalOf({ mode: "bridge", parent: "eth7" })).to.match(/bridge br9 on the node; name br9 instead$/);
    const plan = planFor(pod, "192.168.50.10/24", { network: { mode: "macvlan", parent: "br9" } });
    await world.session.inject(plan);
    expect(await world.hosts[0]?.reaches("192.168.50.10")).to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
    await world.node.ip("link del br9");
  });

  it("may carry the node's own traffic, but no Vnic may have an address or MAC of the node or its gateway", async () => {
    await world.node.ip("address add 192.168.50.5/24 dev eth1", "address add fd50::5/64 dev eth1 nodad");
    await world.node.ip(`route add default via ${lan.router}`);
    const network = { mode: "macvlan", parent: "eth1" } as const;
    const unprobed = { duplicateAddressDetection: false };
    expect(await refusalOf(network, "192.168.50.5/24", unprobed)).to.match(
      /addresses\[0\]: 192\.168\.50\.5 is the node's own, on eth1; choose another/,
    );
    expect(await refusalOf(network, "fd50:0::5/64", unprobed)).to.match(/fd50::5 is the node's own, on eth1/);
    expect(await refusalOf(network, `${lan.router}/32`, unprobed)).to.match(
      /192\.168\.50\.1 is the node's default gateway/,
    );
    expect(await refusalOf(network, "10.214.1.1/24", unprobed)).to.match(/10\.214\.1\.1 is the node's own, on cni0/);
    expect(await world.node.reaches(lan.router)).to.equal(true);
    const macs: [mac: string | undefined, words: RegExp][] = [
      [(await world.node.link("eth1"))?.address, /^mac: .* is the node's own, on eth1; choose another/],
      [(await world.node.link("cni0"))?.address, /^mac: .* is the node's own, on cni0/],
      [(await world.lan.link("lan"))?.address, /^mac: .* is that of the node's default gateway 192\.168\.50\.1/],
    ];
    for (const [mac = "", words] of macs)
      for (const mode of ["macvlan", "macvlan-private"] as const)
        expect(await refusalOf({ mode, parent: "eth1" }, "192.168.50.10/24", { mac })).to.match(words);
    const plan = planFor(pod, "192.168.50.10/24");
    await world.session.inject(plan);
    expect(await world.hosts[0]?.reaches("192.168.50.10")).to.equal(true);
    expect(await world.hosts[0]?.reaches("192.168.50.5"), "the node, too").to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
  });
});
