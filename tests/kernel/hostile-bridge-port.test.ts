import type { ChildProcess } from "node:child_process";
import { expect } from "chai";
import { hostSideName } from "../../provider/model/names.ts";
import { endOf } from "../lab/child.ts";
import { until } from "../lab/run.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";
import { numberedMac } from "../support/octets.ts";

/*
 * A pod with a NIC in a bridge can send frames with any MAC (NET_RAW, which pods have by default, or NET_ADMIN). The
 * bridge would remember them all, and its ports stay in the node's network namespace if it is deleted.
 */

interface FdbRow {
  readonly mac: string;
  readonly ifname: string;
  readonly state?: string;
  readonly master?: string;
}

describe("a pod with a NIC in a bridge", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let other: Pod;
  const network = { mode: "bridge", parent: "br7" } as const;
  const mac = "02:00:5e:00:00:70";
  const otherMac = "02:00:5e:00:00:71";
  const address = "192.168.50.10/24";
  const plan = (of: Pod, its: string, more: string) =>
    planFor(of, its, { network, mac: more, duplicateAddressDetection: false });

  beforeEach(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
    other = await world.addPod();
  });
  afterEach(() => world.close());

  /** The MACs that the bridge has for a port, except the port's own. */
  const macsBehind = async (port: string) => {
    const rows = JSON.parse(await world.node.must(["bridge", "-j", "fdb", "show", "br", "br7"])) as FdbRow[];
    return rows
      .filter(({ ifname, state, master }) => ifname === port && state !== "permanent" && master !== undefined)
      .map((row) => row.mac);
  };

  it("can't fill the bridge's table with MACs, or draw another pod's frames by its MAC", async () => {
    const [own, theirs] = [plan(pod, address, mac), plan(other, "192.168.50.11/24", otherMac)];
    await world.session.inject(own);
    await world.session.inject(theirs);
    const port = hostSideName(own.vnic.uid);
    const host = world.hosts[0]!;
    expect(await host.reaches(own.addresses[0]!)).to.equal(true);
    expect(await macsBehind(port)).to.deep.equal([mac]);

    // Each change of the MAC is announced by a frame (arp_notify).
    const many = Array.from({ length: 300 }, (_, index) => numberedMac("02:01:00:00", index));
    await pod.machine.ip(...[...many, otherMac].map((one) => `link set net1 address ${one}`));
    expect(await macsBehind(port)).to.deep.equal([mac]);
    expect(await macsBehind(hostSideName(theirs.vnic.uid))).to.deep.equal([otherMac]);
    expect(await host.reaches("192.168.50.11")).to.equal(true);

    // Whatever its MAC is, the pod is reached, as an unknown MAC is looked for at all ports.
    await pod.machine.ip(`link set net1 address ${many[0]}`);
    expect(await host.reaches(own.addresses[0]!)).to.equal(true);
  });

  it("has the new MAC in the bridge's table after a change, also in a bridge that was made anew", async () => {
    const before = plan(pod, address, mac);
    await world.session.inject(before);
    const after = { ...before, mac: otherMac };
    await world.session.inject(after);
    const port = hostSideName(before.vnic.uid);
    expect(await macsBehind(port)).to.deep.equal([otherMac]);
    expect(await world.hosts[0]!.reaches(address)).to.equal(true);

    await world.node.ip("link del br7", "link add br7 type bridge", "link set eth8 master br7", "link set br7 up");
    await world.session.inject(after);
    expect(await macsBehind(port)).to.deep.equal([otherMac]);
    expect(await world.hosts[0]!.reaches(address)).to.equal(true);
    await world.session.eject({ vnic: before.vnic });
    expect(await world.remains()).to.deep.equal([]);
  });

  it("doesn't reach the node by the port that is left when the bridge is deleted, or become its router", async () => {
    await world.node.must([
      "sysctl",
      "-q",
      "-w",
      "net.ipv6.conf.default.accept_ra=1",
      "net.ipv6.conf.all.forwarding=0",
    ]);
    const own = plan(pod, address, mac);
    await world.session.inject({ ...own, addresses: [address, "fd66::1/64"] });
    const port = hostSideName(own.vnic.uid);
    await world.node.ip("address add 198.51.100.7/32 dev lo", "link del br7");
    // A link by which the node does take a router, for comparison.
    await pod.machine.ip(
      `link add ctl0 type veth peer name ctl1 netns ${world.node.netns}`,
      "address add fd67::1/64 dev ctl0 nodad",
      "link set ctl0 up",
    );
    await world.node.ip("link set ctl1 up");
    const routers = startRouter(pod);
    try {
      const announced = async (dev: string) => world.node.must(["ip", "-6", "route", "show", "dev", dev]);
      await until(
        "the other link's prefix",
        90,
        async () => (await announced("ctl1")).includes("fd67::/64") || undefined,
      );
      expect(await announced(port)).to.equal("");
      const addresses = await world.node.link(port);
      expect(addresses?.addr_info).to.deep.equal([]);
      await pod.machine.ip("route add 198.51.100.7/32 dev net1");
      const asked = await pod.machine.exec(["arping", "-c", "2", "-w", "2", "-I", "net1", "198.51.100.7"]);
      expect(asked.code, asked.stdout).to.not.equal(0);
    } finally {
      routers.kill("SIGTERM");
      await endOf(routers);
    }
  });
});

/** Lets the pod announce itself as a router on both of its links. */
function startRouter(pod: Pod): ChildProcess {
  return pod.machine.spawn([
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--pid-file=",
    "--port=0",
    "--interface=net1",
    "--interface=ctl0",
    "--enable-ra",
    "--dhcp-range=fd66::,ra-only,64,2m",
    "--dhcp-range=fd67::,ra-only,64,2m",
  ]);
}
