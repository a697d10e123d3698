import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { linkAlias, routingTable, transitLinkName } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { endOf, kill } from "../lab/child.ts";
import { until } from "../lab/run.ts";
import { xdpProgram } from "../support/kernel/xdp-program.ts";
import { addressesOf, type LinkRow, Machine } from "../support/kernel/machine.ts";
import { runNodeSide } from "../support/kernel/killed-node-side.ts";
import { changeLink } from "../support/kernel/netlink.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A pod with NET_ADMIN in its own network namespace can do anything there. None of it may affect the node or other
 * Vnics.
 */

type Network = InjectPlan["network"];
const macvlan: Network = { mode: "macvlan", parent: "eth1" };
const bridge: Network = { mode: "bridge", parent: "br7" };
const hostDevice: Network = { mode: "host-device", parent: "eth7" };
const address = "192.168.50.10/24";

describe("a hostile pod", () => {
  let world: World;
  let pod: Pod;
  let plan: InjectPlan;

  before(async () => {
    world = await World.makeWithParents();
  });
  after(() => world.close());
  beforeEach(async () => {
    pod = await world.addPod();
  });
  afterEach(async () => {
    await world.session.eject({ vnic: plan.vnic }).catch(() => undefined);
    await pod.close();
    await world.session.eject({ vnic: plan.vnic });
    expect(await world.remains()).to.deep.equal([]);
    await pod.gone();
  });

  const inject = async (network: Network, placement: InjectPlan["placement"] = "moved") => {
    plan = planFor(pod, address, { network, placement, duplicateAddressDetection: false });
    await world.session.inject(plan);
  };
  const eject = () => world.session.eject({ vnic: plan.vnic });
  const node = () => world.nodeLinks();

  const formerOfEarlierVersions = (name: string) => `${linkAlias(plan.vnic.uid)},${name},02:00:00:00:00:01,1500,up`;
  const commands =
    "x0\naddress add 203.0.113.66/32 dev lo\nlink add name pwn0 type veth peer name pwn1\nnetns exec pwn reboot\n#";

  for (const network of [macvlan, bridge, hostDevice])
    for (const [what, text] of [
      ["commands", () => formerOfEarlierVersions(commands)],
      ["a name and a MAC", () => formerOfEarlierVersions("pwn0")],
      ["an option", () => formerOfEarlierVersions("-batch")],
      ["control characters", () => `${linkAlias(plan.vnic.uid)}\u0001\u001b[2J\u007f"\\`],
      ["nothing", () => ""],
      ["another Vnic's mark", () => linkAlias(randomUUID())],
    ] as const)
      it(`that writes ${what} into the alias of its link of mode ${network.mode} causes nothing on the node`, async () => {
        const before = await node();
        await inject(network);
        await pod.machine.must(["ip", "link", "set", "dev", "net1", "alias", text()]);
        await world.session.observe(plan);
        expect((await eject()).removed).to.equal(true);
        expect(await node()).to.deep.equal(before);
        expect(await pod.machine.link("net1")).to.equal(undefined);
        expect(await world.remains()).to.deep.equal([]);
      });

  for (const [network, placement] of [
    [macvlan, "moved"],
    [bridge, "moved"],
    [hostDevice, "moved"],
    [macvlan, "direct"],
    [bridge, "direct"],
  ] as const) {
    const words = `${network.mode}, placement ${placement},`;
    it(`that renames, re-addresses and unmarks its link of mode ${words} loses the link nonetheless`, async () => {
      const before = await node();
      await inject(network, placement);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "down"]);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "alias", ""]);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "address", "02:00:5e:00:00:99"]);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "name", `-"#\u0007'\\`]);
      expect((await eject()).removed).to.equal(true);
      expect(await node()).to.deep.equal(before);
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
    });

    it(`that gives its link of mode ${words} a name that is invalid in commands is repaired by an injection`, async () => {
      await inject(network, placement);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "down"]);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "name", `"#\u0007'\\`]);
      await world.session.inject(plan);
      expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([address]);
    });

    it(`that puts the mark of its link of mode ${words} on its other links, too, keeps those`, async () => {
      const before = await node();
      await inject(network, placement);
      for (const link of ["lo", "eth0"])
        await pod.machine.must(["ip", "link", "set", "dev", link, "alias", linkAlias(plan.vnic.uid)]);
      expect((await eject()).removed).to.equal(true);
      expect(await node()).to.deep.equal(before);
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
      for (const link of ["lo", "eth0"]) await pod.machine.must(["ip", "link", "set", "dev", link, "alias", ""]);
    });

    it(`that makes its link of mode ${words} a port of a bridge loses the link nonetheless`, async () => {
      const before = await node();
      await inject(network, placement);
      await pod.machine.ip("link add br0 type bridge", "link set net1 master br0");
      expect((await eject()).removed).to.equal(true);
      expect(await node()).to.deep.equal(before);
    });

    it(`that has a link with the transit name of mode ${words} is refused, and nothing is done`, async () => {
      const before = await node();
      plan = planFor(pod, address, { network, placement, duplicateAddressDetection: false });
      const transit = transitLinkName(plan.vnic.uid);
      await pod.machine.ip(`link add ${transit} type bridge`);
      const error = await world.session.inject(plan).catch((caught: unknown) => caught);
      expect(String(error)).to.contain(`has an interface "${transit}"`);
      expect(await node()).to.deep.equal(before);
      await pod.machine.ip(`link del ${transit}`);
    });
  }

  it("that unmarks and renames a device keeps its own NIC, whose peer has the same index as the device's", async () => {
    const index = 4242;
    await world.addNic("eth9", index);
    await world.node.ip(`link add veth${index} index ${index} type veth peer name cni1 netns ${pod.machine.netns}`);
    const before = await node();
    await inject({ mode: "host-device", parent: "eth9" });
    await world.session.inject(plan);
    expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([address]);
    // After it was moved away and back, the link has a new index as well.
    const nested = await Machine.make(`${pod.machine.netns}-in`);
    await pod.machine.ip("link set net1 down", 'link set net1 alias ""', "link set net1 name other0");
    const taken = (await pod.machine.link("other0"))?.ifindex;
    await pod.machine.must(["ip", "link", "set", "other0", "netns", nested.netns]);
    await pod.machine.ip(`link add more0 index ${taken} type bridge`);
    await nested.must(["ip", "link", "set", "other0", "netns", pod.machine.netns]);
    await nested.close();
    expect((await pod.machine.link("other0"))?.ifindex).not.to.equal(taken);
    expect((await eject()).removed).to.equal(true);
    expect(await node()).to.deep.equal(before);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.have.members(["lo", "eth0", "cni1", "more0"]);
  });

  for (const network of [macvlan, hostDevice])
    it(`that gives other links all names by which ip could refer to its NIC of mode ${network.mode} loses it, and none of the others`, async () => {
      const before = await node();
      await inject(network);
      const index = (await pod.machine.link("net1"))?.ifindex;
      await pod.machine.must(["ip", "link", "set", "dev", "net1", "name", `"#`]);
      // The kernel takes up to 127 characters in an alternative name.
      const spare = 127 - `if${index}`.length;
      const names = Array.from({ length: spare + 1 }, (_, zeros) => `if${"0".repeat(zeros)}${index}`);
      for (const name of names.slice(0, 2)) await pod.machine.ip(`link add ${name} type bridge`);
      await pod.machine.ip(...names.slice(2).map((name) => `link property add dev lo altname ${name}`));
      expect((await eject()).removed).to.equal(true);
      expect(await node()).to.deep.equal(before);
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal([
        ...["lo", "eth0", ...names.slice(0, 2)],
      ]);
    });

  it("that marks links on its NIC's parent as another Vnic's loses them, too", async () => {
    await inject(macvlan);
    const other = planFor(pod, "192.168.50.11/24", {
      ...{ network: bridge, interfaceName: "net2", mac: "02:00:5e:00:00:71", duplicateAddressDetection: false },
    });
    await world.session.inject(other);
    await pod.machine.ip(
      "link add link net1 name more0 type macvlan mode bridge",
      `link set more0 alias ${linkAlias(other.vnic.uid)}`,
    );
    expect((await eject()).removed).to.equal(true);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0", "net2"]);
    expect((await world.session.eject({ vnic: other.vnic })).removed).to.equal(true);
  });

  it("gets one of two devices of a kind, and the node's other one is never changed", async () => {
    for (const name of ["tap0", "tap1"]) await world.node.must(["ip", "tuntap", "add", "dev", name, "mode", "tap"]);
    const before = await node();
    await inject({ mode: "host-device", parent: "tap1" });
    await world.session.inject(plan);
    expect((await node()).length).to.equal(before.length - 1);
    expect((await eject()).removed).to.equal(true);
    expect(await node()).to.have.deep.members(before);
    await world.node.ip("link del tap0", "link del tap1");
  });

  it("that changes settings of a device and gives it alternative names leaves none of them to the node", async () => {
    await world.node.ip("link property add dev eth7 altname lan7");
    const before = await world.node.runningLink("eth7");
    await inject(hostDevice);
    await pod.machine.ip(
      "link set net1 arp off multicast off promisc on allmulticast on txqueuelen 5 group 42",
      "link set net1 gso_max_size 3000 gso_max_segs 1 gro_max_size 3000",
      "link set net1 mode dormant broadcast 02:00:00:00:00:ee dynamic on trailers off",
      "link property del dev net1 altname lan7",
      // The device gets that name back on the node only.
      "link add lan7 type bridge",
    );
    for (const name of ["eth1", "eth9", `-"#`])
      await pod.machine.must(["ip", "link", "property", "add", "dev", "net1", "altname", name]);
    expect((await eject()).removed).to.equal(true);
    expect(settled(await world.node.runningLink("eth7"))).to.deep.equal(settled(before));
    await world.node.ip("link property del dev eth7 altname lan7");
  });

  it("that changes sizes for IPv4 alone, which ip may not know, doesn't leave them to the node", async () => {
    const index = async (machine: Machine, name: string) => (await machine.link(name))?.ifindex ?? 0;
    const before = await changeLink(world.node, await index(world.node, "eth7"));
    await inject(hostDevice);
    const changed = { gso_ipv4_max_size: 3000, gro_ipv4_max_size: 3000 };
    expect(await changeLink(pod.machine, await index(pod.machine, "net1"), changed)).to.deep.equal(changed);
    expect((await eject()).removed).to.equal(true);
    expect(await changeLink(world.node, await index(world.node, "eth7"))).to.deep.equal(before);
  });

  for (const how of ["xdpgeneric", "xdpdrv"])
    it(`that leaves a program of type ${how} on a device doesn't leave it to the node`, async () => {
      const before = await world.node.runningLink("eth7");
      const object = join(world.root, "drop.o");
      await writeFile(object, xdpProgram());
      await inject(hostDevice);
      await pod.machine.must(["ip", "link", "set", "dev", "net1", how, "object", object, "section", "xdp"]);
      expect(await pod.machine.link("net1")).to.have.property("xdp");
      expect((await eject()).removed).to.equal(true);
      expect(settled(await world.node.runningLink("eth7"))).to.deep.equal(settled(before));
    });

  it("that gives a device names with control characters, or that aren't text, doesn't keep it", async () => {
    const before = await node();
    await inject(hostDevice);
    const names = [
      "a\u0001b",
      "\u001b[2J",
      'q"t',
      "-f",
      "dev",
      "\u007f",
      ...Array.from({ length: 480 }, (_, at) => `n${at}`),
    ];
    for (const name of names.slice(0, 6))
      await pod.machine.must(["ip", "link", "property", "add", "dev", "net1", "altname", name]);
    await pod.machine.must(["sh", "-c", `ip link property add dev net1 altname "$(printf '\\377\\376')"`]);
    await pod.machine.ip(...names.slice(6).map((name) => `link property add dev net1 altname ${name}`));
    expect((await eject()).removed).to.equal(true);
    expect(await node()).to.deep.equal(before);
    const rest = await world.node.must(["sh", "-c", "ip link show eth7 | grep -c altname || true"]);
    expect(rest.trim(), "names that ip can't remove").to.equal("1");
    await world.node.must(["sh", "-c", `ip link property del dev eth7 altname "$(printf '\\377\\376')"`]);
  });

  it("can't open the node to the LAN by a device that comes back: the node's own settings of sysctl do, too", async () => {
    const keys = ["ipv6.conf.eth7.accept_ra", "ipv6.conf.eth7.disable_ipv6", "ipv4.conf.eth7.rp_filter"];
    const settings = async () =>
      (await world.node.must(["sysctl", "-n", ...keys.map((key) => `net.${key}`)])).trim().split("\n");
    const set = (values: readonly string[]) =>
      world.node.must(["sysctl", "-q", "-w", ...keys.map((key, index) => `net.${key}=${values[index]}`)]);
    const before = await settings();
    const wanted = ["0", "1", "1"];
    expect(before).to.not.deep.equal(wanted);
    await set(wanted);
    await inject(hostDevice);
    await pod.machine.must(["sysctl", "-q", "-w", "net.ipv6.conf.net1.accept_ra=2"]);
    expect((await eject()).removed).to.equal(true);
    expect(await settings()).to.deep.equal(wanted);
    await set(before);
    expect((await world.node.link("eth7"))?.flags).to.include("UP");
  });

  it("gets no device that has a program of the node", async () => {
    const object = join(world.root, "drop.o");
    await writeFile(object, xdpProgram());
    const change = (...words: string[]) =>
      world.node.must(["ip", "link", "set", "dev", "eth7", "xdpgeneric", ...words]);
    await change("object", object, "section", "xdp");
    plan = planFor(pod, address, { network: hostDevice, duplicateAddressDetection: false });
    const error = await world.session.inject(plan).catch((caught: unknown) => caught);
    expect(String(error)).to.match(
      /network\.parent: eth7 has an XDP program on the node.*ip link set dev eth7 xdp off/,
    );
    expect(await world.node.link("eth7")).to.have.property("xdp");
    await change("off");
  });

  describe("with a nested network namespace", () => {
    let nested: Machine;
    beforeEach(async () => {
      nested = await Machine.make(`${pod.machine.netns}-in`);
    });
    afterEach(() => nested.close());

    it("that moves a macvlan there is reported, as long as the link works", async () => {
      await inject(macvlan);
      await pod.machine.must(["ip", "link", "set", "net1", "netns", nested.netns]);
      await nested.ip(`address add ${address} dev net1`, "link set net1 up");
      expect(await world.hosts[0]?.reaches(address)).to.equal(true);
      const error = await eject().catch((caught: unknown) => caught);
      expect(String(error)).to.match(
        new RegExp(`pod shop/${pod.plan.name} \\(UID ${pod.plan.uid}\\) has taken the Vnic's link`),
      );
      await nested.close();
      const ejected = await until("the link to go", 60, () => eject().catch(() => undefined));
      expect(ejected.removed).to.equal(false);
    });

    it("that moves a device without hardware there is reported, as long as the pod has links on it", async () => {
      await inject(hostDevice);
      await pod.machine.ip("link add link net1 name more0 type macvlan", `link set net1 netns ${nested.netns}`);
      const error = await eject().catch((caught: unknown) => caught);
      expect(String(error)).to.match(
        new RegExp(`pod shop/${pod.plan.name} \\(UID ${pod.plan.uid}\\) has taken the Vnic's link`),
      );
      // With the device, the kernel deletes the links on it.
      await nested.ip("link del net1");
      expect((await eject()).removed).to.equal(false);
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
      await world.addNic("eth7");
    });

    it("that moves a NIC in a bridge there loses it nonetheless", async () => {
      await inject(bridge);
      await pod.machine.must(["ip", "link", "set", "net1", "netns", nested.netns]);
      expect((await eject()).removed).to.equal(true);
      expect((await nested.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo"]);
    });
  });

  it("that makes links on the NIC's own parent loses them, too, and keeps those that it had before", async () => {
    // Creates a link as a CNI plugin does for another network of the pod.
    const { machine } = pod;
    await world.node.ip("link add link eth1 name cni1 type macvlan", `link set cni1 netns ${machine.netns}`);
    await inject(macvlan);
    await machine.ip(
      "link add link net1 name more0 type macvlan mode bridge",
      "link add link cni1 name more1 type macvlan",
    );
    await machine.ip("address add 192.168.50.66/24 dev more0", "link set more0 up");
    expect(await world.hosts[0]?.reaches("192.168.50.66")).to.equal(true);
    // A second injection must not consider these links as existing before the Vnic.
    await world.session.inject(plan);
    expect((await eject()).removed).to.equal(true);
    expect((await machine.links()).map(({ ifname }) => ifname)).to.have.members(["lo", "eth0", "cni1"]);
  });

  it("that goes on making links on the NIC's own parent loses all of them, or is named until it stops", async () => {
    await inject(macvlan);
    const make = (from: string, to: string) => `ip link add link ${from} name ${to} type macvlan mode bridge`;
    const goOn = `n=0; ${make("net1", "m0")}; while :; do ${make("m$n", "m$((n + 1))")} && n=$((n + 1)); done 2>/dev/null`;
    const making = pod.machine.spawn(["sh", "-c", goOn]);
    await until("some links", 30, async () => ((await pod.machine.links()).length > 20 ? true : undefined));
    const error = await eject().then(
      () => undefined,
      (caught: Error) => caught.message,
    );
    await kill(making);
    if (error !== undefined) {
      expect(error).to.match(
        new RegExp(`pod shop/${pod.plan.name} \\(UID ${pod.plan.uid}\\) keeps its link: .*delete the pod`),
      );
      await eject();
    }
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
  });

  it("that makes links on its NIC as soon as that comes loses them", async () => {
    const more = "until ip link add link net1 name more0 type macvlan; do :; done 2>/dev/null";
    for (const placement of ["moved", "direct"] as const) {
      const making = pod.machine.spawn(["sh", "-c", more]);
      plan = planFor(pod, address, { network: macvlan, placement });
      await world.session.inject(plan);
      await endOf(making);
      expect(await pod.machine.link("more0")).to.not.equal(undefined);
      expect((await eject()).removed).to.equal(true);
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
    }
  });

  it("can't make a link count as older than a Vnic by the index of one that it has made on another Vnic", async () => {
    await inject(macvlan);
    const more = (from: string) => `link add link ${from} name more0 index 7777 type macvlan mode bridge`;
    await pod.machine.ip(more("net1"));
    const second = planFor(pod, "192.168.50.11/24", {
      ...{ mac: "02:00:5e:00:00:71", interfaceName: "net2", duplicateAddressDetection: false },
    });
    await world.session.inject(second);
    expect((await eject()).removed).to.equal(true);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0", "net2"]);
    await pod.machine.ip(more("net2"));
    expect((await world.session.eject({ vnic: second.vnic })).removed).to.equal(true);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
  });

  it("that makes links on its NIC keeps another Vnic of its own on that parent", async () => {
    const second = planFor(pod, "192.168.50.11/24", { mac: "02:00:5e:00:00:71", interfaceName: "net2" });
    await inject(macvlan);
    await world.session.inject(second);
    await pod.machine.ip("link add link net1 name more0 type macvlan");
    expect((await eject()).removed).to.equal(true);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.have.members(["lo", "eth0", "net2"]);
    await world.session.eject({ vnic: second.vnic });
  });

  it("that makes links on a device loses them, and keeps the device from coming back while one is out of sight", async () => {
    const before = await node();
    await inject(hostDevice);
    await pod.machine.ip("link add link net1 name more0 type macvlan mode private");
    expect((await eject()).removed).to.equal(true);
    expect(await node()).to.deep.equal(before);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);

    const nested = await Machine.make(`${pod.machine.netns}-in`);
    await inject(hostDevice);
    await pod.machine.ip(
      "link add link net1 name more0 type macvlan mode passthru",
      `link set more0 netns ${nested.netns}`,
    );
    const error = await eject().catch((caught: unknown) => caught);
    expect(String(error)).to.match(new RegExp(`pod shop/${pod.plan.name} .*has links on it.*delete the pod`));
    expect((await world.node.link(transitLinkName(plan.vnic.uid)))?.flags).not.to.include("UP");
    await nested.close();
    await until("the device to come back", 30, () =>
      eject().then(
        () => true as const,
        () => undefined,
      ),
    );
    expect(await node()).to.deep.equal(before);
  });

  it("is given no device that has links of another pod on it", async () => {
    const other = await world.addPod();
    await world.node.ip("link add link eth7 name cni1 type macvlan", `link set cni1 netns ${other.machine.netns}`);
    plan = planFor(pod, address, { network: hostDevice, duplicateAddressDetection: false });
    const error = await world.session.inject(plan).catch((caught: unknown) => caught);
    expect(String(error)).to.contain("device eth7 has links on it in a network namespace that isn't the node's");
    expect(await world.remains()).to.deep.equal([]);
    await other.machine.ip("link del cni1");
    await other.close();
  });

  describe("that acts while its link is being set up", () => {
    /**
     * Injects with a router that doesn't answer. The link is in the pod for some seconds, in which `work` runs; then
     * the injection is undone.
     */
    const injectMeanwhile = async (work: () => Promise<void>) => {
      plan = planFor(pod, address, { network: macvlan, duplicateAddressDetection: false, slaac: true });
      const injected = world.session.inject(plan).catch((caught: unknown) => caught);
      await until("the link", 30, async () => (await pod.machine.link("net1"))?.flags.includes("UP") || undefined);
      await work();
      return String(await injected);
    };

    it("loses it when that is undone, even if it has renamed and unmarked it, and what it has made on it", async () => {
      const error = await injectMeanwhile(() =>
        pod.machine.ip(
          ...["link set net1 down", 'link set net1 alias ""', "link set net1 name mine"],
          "link add link mine name more0 type macvlan mode bridge",
        ),
      );
      expect(error).to.contain("slaac: no router");
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
      expect(await world.remains()).to.deep.equal([]);
    });

    it("is named, and the resource file stays, if it has taken the link out of sight", async () => {
      const nested = await Machine.make(`${pod.machine.netns}-in`);
      const error = await injectMeanwhile(async () => {
        await pod.machine.ip(`link set net1 netns ${nested.netns}`);
        await nested.ip("link set net1 up");
      });
      expect(error).to.contain("the pod has taken the link to a network namespace that the node can't see");
      expect((await world.readFile(plan.vnic.uid)).step).to.equal("configuring");
      await nested.close();
    });
  });

  describe("in which the node side was killed just after the link had come there", () => {
    /**
     * Kills the node side before the first fsync after the link has come into the pod, so that the file doesn't say that
     * it has. Each step syncs the file and its folder.
     */
    const killAfterArrival = async (network: Network, step: "creating" | "moving" = "creating"): Promise<LinkRow> => {
      const isDirect = step === "creating";
      const placement = isDirect ? "direct" : "moved";
      plan = planFor(pod, address, { network, placement, duplicateAddressDetection: false });
      const { uid } = plan.vnic;
      await runNodeSide(world, "inject", plan, { call: isDirect ? 3 : 5, sync: "fsync" });
      const file = await world.readFile(uid);
      expect(file.step).to.equal(step);
      const link = await pod.machine.link(transitLinkName(uid));
      if (!link) throw new Error("the link isn't in the pod");
      expect([link.ifindex, link.ifalias]).to.deep.equal([file.link?.index, isDirect ? undefined : linkAlias(uid)]);
      return link;
    };
    const others = async () =>
      (await pod.machine.links()).map(({ ifname }) => ifname).filter((name) => !["lo", "eth0"].includes(name));

    for (const network of [macvlan, bridge]) {
      const acts: [what: string, commands: (transit: string) => readonly string[]][] = [
        ["has done nothing to it", () => []],
        ["has renamed it and brought it up", (transit) => [`link set ${transit} name mine`, "link set mine up"]],
        [
          "has given it another Vnic's mark and its own mark to another link",
          (transit) => [
            `link set ${transit} name mine alias ${linkAlias(randomUUID())}`,
            `link set eth0 alias ${linkAlias(plan.vnic.uid)}`,
          ],
        ],
      ];
      for (const [what, commands] of acts)
        it(`gets a NIC of mode ${network.mode} from that link, and loses it, when the pod ${what}`, async () => {
          const before = await node();
          const { ifindex } = await killAfterArrival(network);
          await pod.machine.ip(...commands(transitLinkName(plan.vnic.uid)));
          await world.session.inject(plan);
          const live = await pod.machine.link("net1");
          expect([live?.ifindex, live?.ifalias]).to.deep.equal([ifindex, linkAlias(plan.vnic.uid)]);
          expect(addressesOf(live)).to.deep.equal([address]);
          expect(await world.hosts[0]?.reaches(address)).to.equal(true);

          await eject();
          await killAfterArrival(network);
          await pod.machine.ip(...commands(transitLinkName(plan.vnic.uid)));
          expect((await eject()).removed).to.equal(true);
          expect(await others()).to.deep.equal([]);
          expect(await node()).to.deep.equal(before);
        });

      it(`gets another link of mode ${network.mode} when the pod has deleted that one`, async () => {
        const { ifindex } = await killAfterArrival(network);
        await pod.machine.ip(`link del ${transitLinkName(plan.vnic.uid)}`);
        await world.session.inject(plan);
        expect((await pod.machine.link("net1"))?.ifindex).to.not.equal(ifindex);
        expect(await world.hosts[0]?.reaches(address)).to.equal(true);
      });
    }

    for (const step of ["creating", "moving"] as const)
      it(`gets a NIC from that link, and loses it, when the resource file is lost at step ${step}`, async () => {
        await killAfterArrival(macvlan, step);
        await rm(world.pathOf(plan.vnic.uid));
        await world.session.inject(plan);
        expect(await others()).to.deep.equal(["net1"]);
        expect(await world.hosts[0]?.reaches(address)).to.equal(true);

        await eject();
        await killAfterArrival(macvlan, step);
        await rm(world.pathOf(plan.vnic.uid));
        expect((await world.session.eject({ vnic: plan.vnic, pod: plan.pod })).removed).to.equal(true);
        expect(await others()).to.deep.equal([]);
      });

    for (const step of ["creating", "moving"] as const)
      it(`is named when the pod has taken a macvlan out of sight at step ${step}, as long as the link works`, async () => {
        const nested = await Machine.make(`${pod.machine.netns}-in`);
        await killAfterArrival(macvlan, step);
        const transit = transitLinkName(plan.vnic.uid);
        await pod.machine.ip(`link set ${transit} netns ${nested.netns}`);
        await nested.ip(`link set ${transit} up`);
        const error = await eject().catch((caught: unknown) => caught);
        expect(String(error)).to.match(new RegExp(`pod shop/${pod.plan.name} .* has taken the Vnic's link`));
        await nested.close();
        await until("the link to be gone", 30, () =>
          eject().then(
            () => true as const,
            () => undefined,
          ),
        );
      });
  });

  it("that puts its own link in the place of a device moves none of it to the node", async () => {
    const before = await node();
    await inject(hostDevice);
    const uid = plan.vnic.uid;
    const device = await world.readFile(uid);
    // The kernel shows the pod's link as a veth whose peer has this index; the pod can't choose the peer's namespace.
    const index = device.link?.former?.peerIndex;
    const inner = await Machine.make(`${pod.machine.netns}-in`);
    await inner.ip(`link add fake0 index ${index} type veth peer name fake1 netns ${pod.machine.netns}`);
    await pod.machine.must(["ip", "link", "set", "net1", "alias", ""]);
    await pod.machine.must(["ip", "link", "set", "fake1", "alias", linkAlias(uid)]);
    expect((await eject()).removed).to.equal(true);
    expect(await node()).to.deep.equal(before);
    await inner.close();
  });

  it("that makes 2000 links on its NIC's parent loses all of them within a minute", async () => {
    await inject(macvlan);
    const links = Array.from({ length: 2000 }, (_, number) => `link add link net1 name more${number} type macvlan`);
    await pod.machine.ip(...links);
    const began = performance.now();
    expect((await eject()).removed).to.equal(true);
    expect(performance.now() - began).to.be.lessThan(60_000);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
  });

  it("that has tens of thousands of routes, rules, neighbours and names in its namespace loses its NIC within seconds", async () => {
    await inject(macvlan);
    const many = (count: number, command: (host: string) => string) =>
      Array.from({ length: count }, (_, number) => command(`${number >> 8}.${number & 255}`));
    await pod.machine.ip(
      ...many(20_000, (host) => `route add blackhole 172.${host}.1/32 proto 118`),
      ...many(200, (host) => `route add 10.${host}.1/32 proto 118 nexthop via 192.168.50.1 nexthop via 192.168.50.2`),
      ...many(2000, (host) => `rule add from 10.${host}.1 lookup 100 protocol 118`),
      ...many(10_000, (host) => `neigh add 192.168.${host} lladdr 02:00:00:00:00:01 dev net1 nud permanent`),
      ...many(490, (host) => `link property add dev net1 altname ${"x".repeat(90)}${host}`),
    );
    const seen = await world.session.observe(plan);
    expect(seen.interface).to.include({ name: "net1" });
    const began = performance.now();
    expect((await eject()).removed).to.equal(true);
    expect(performance.now() - began).to.be.lessThan(20_000);
    expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
  });

  for (const [network, placement] of [
    [macvlan, "moved"],
    [bridge, "moved"],
    [macvlan, "direct"],
    [bridge, "direct"],
  ] as const)
    it(`that deletes its link of mode ${network.mode}, placement ${placement}, again and again never prevents its removal`, async () => {
      const remove =
        "for link in $(ls /sys/class/net); do [ $link = lo ] || [ $link = eth0 ] || ip link del $link; done";
      const deleting = pod.machine.spawn([
        "unshare",
        "--mount",
        "sh",
        "-c",
        `mount -t sysfs sysfs /sys; while :; do ${remove}; done 2>/dev/null`,
      ]);
      for (let round = 0; round < 8; round++) {
        await inject(network, placement).catch(() => undefined);
        await eject();
        expect(await world.remains()).to.deep.equal([]);
      }
      deleting.kill();
    });

  it("that puts routes and rules of its own among the Vnic's doesn't prevent its removal", async () => {
    const routing = { routes: [], gateways: ["192.168.50.1"], replyVia: "vnic" } as const;
    plan = planFor(pod, address, { network: macvlan, routing, duplicateAddressDetection: false });
    await world.session.inject(plan);
    const { replies, rest } = routingTable(plan.vnic.uid);
    const others = [replies, rest].flatMap((table, index) => [
      `route add 10.9.0.0/16 tos 0x10 dev eth0 table ${table} proto 118`,
      `nexthop add id ${7 + index} via 10.214.1.1 dev eth0`,
      `route add 10.8.0.0/16 nhid ${7 + index} table ${table} proto 118`,
      `route add blackhole 10.7.0.0/16 table ${table} proto 118`,
      `rule add priority ${31000 + index} fwmark 5 not from all table ${table} proto 118`,
    ]);
    const many = Array.from({ length: 500 }, (_, index) => `10.${100 + (index >> 8)}.${index & 255}.0/24`);
    await pod.machine.ip(
      ...others,
      ...many.map((to) => `route add ${to} tos 0x10 dev eth0 table ${replies} proto 118`),
    );
    const rules = () => pod.machine.must(["ip", "rule", "show"]);
    expect(await rules()).to.contain("from 192.168.50.10");
    expect((await eject()).removed).to.equal(true);
    expect(await rules()).to.not.contain("from 192.168.50.10");
    expect(await pod.machine.link("net1")).to.equal(undefined);
  });

  it("that puts addresses, routes and rules of its own among the Vnic's doesn't prevent a change", async () => {
    const routing = { gateways: ["192.168.50.1"], replyVia: "vnic" } as const;
    const routed = (...routes: { to: string }[]) => ({ routing: { ...routing, routes } });
    plan = planFor(pod, address, { duplicateAddressDetection: false, ...routed({ to: "203.0.113.0/24" }) });
    await world.session.inject(plan);
    const { replies } = routingTable(plan.vnic.uid);
    await pod.machine.ip(
      "address add 198.51.100.1 peer 198.51.100.9/32 dev net1",
      "route add 10.9.0.0/16 tos 0x10 dev net1 proto 118",
      "nexthop add id 7 dev net1",
      "route add 10.8.0.0/16 nhid 7 proto 118",
      "route add 10.7.0.0/16 dev net1 proto 118 mtu 1300",
      `rule add priority 30000 from 10.6.0.0/16 table ${replies} protocol 118`,
      `rule add priority 30000 fwmark 5 not from all table ${replies} protocol 118`,
    );
    const other = "192.168.50.11/24";
    const changed = { ...plan, addresses: [other], ...routed({ to: "203.0.114.0/24" }) };
    await world.session.inject(changed);
    expect(await world.hosts[0]?.reaches(other)).to.equal(true);
    const routes = await pod.machine.must(["ip", "route", "show", "dev", "net1", "proto", "118"]);
    expect(routes).to.contain("203.0.114.0/24").and.not.contain("203.0.113.0/24");
    expect(await world.session.observe(changed)).to.not.have.property("routing");
  });

  it("never prevents the removal of another pod's Vnic, whatever it does", async () => {
    await inject(macvlan);
    const other = await world.addPod();
    const theirs = planFor(other, "192.168.50.11/24", { mac: "02:00:5e:00:00:71", duplicateAddressDetection: false });
    await world.session.inject(theirs);
    const links = Array.from({ length: 3000 }, (_, number) => `link add name junk${number} type bridge`);
    const addresses = Array.from(
      { length: 5000 },
      (_, number) => `address add 172.20.${number >> 8}.${number & 255}/32 dev net1`,
    );
    await pod.machine.ip(...addresses, ...links.slice(0, 300));
    await pod.machine.must(["ip", "link", "set", "net1", "alias", `${linkAlias(plan.vnic.uid)},\u0002\n\u0003`]);
    const seen = await world.session.observe(plan);
    expect(seen.interface?.addresses.length).to.be.lessThan(1001);
    expect((await world.session.eject({ vnic: theirs.vnic })).removed).to.equal(true);
    expect((await eject()).removed).to.equal(true);
    await other.close();
  });

  it("can't affect the node by an alias from an earlier version: the device is returned down", async () => {
    const before = await node();
    await inject(hostDevice);
    const path = world.pathOf(plan.vnic.uid);
    const { link, ...content } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    expect(link).to.have.property("former");
    await writeFile(path, JSON.stringify({ ...content, schemaVersion: 1 }));
    await pod.machine.must(["ip", "link", "set", "net1", "alias", formerOfEarlierVersions(commands)]);
    expect((await eject()).removed).to.equal(true);
    const transit = transitLinkName(plan.vnic.uid);
    const parked = await world.node.link(transit);
    expect(parked?.flags).not.to.include("UP");
    expect(parked?.ifalias).to.equal(undefined);
    await world.node.ip(
      `link set ${transit} name eth7`,
      `link set eth7 address ${String(before.find(([name]) => name === "eth7")?.[1])} up`,
    );
    expect(await node()).to.have.deep.members(before);
  });
});

/** A link without what changes by itself. */
function settled(link: LinkRow | undefined): object {
  const rest: Record<string, unknown> = { ...link };
  for (const key of ["ifindex", "addr_info", "operstate", "inet6_addr_gen_mode"]) delete rest[key];
  return rest;
}
