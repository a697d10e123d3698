import type { ChildProcess } from "node:child_process";
import { expect } from "chai";
import { endOf } from "../lab/child.ts";
import { until } from "../lab/run.ts";
import { Agent } from "../support/kernel/agent.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * Hosts of the LAN that announce themselves as routers. The kernel keeps a route for each announced prefix, and takes
 * announced timers.
 */

const prefixes = 1500;
const hex = (number: number) => number.toString(16);

describe("router advertisements to a Vnic with slaac", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let agent: Agent;
  let router: ChildProcess | undefined;

  beforeEach(async () => {
    world = await World.make();
    agent = await Agent.start(world);
    pod = await world.addPod();
    await world.node.must(["sysctl", "-q", "-w", "net.ipv6.conf.eth1.accept_ra=0"]);
  });
  afterEach(async () => {
    await stop();
    await world.close();
  });

  const stop = async () => {
    if (!router) return;
    router.kill("SIGTERM");
    await endOf(router);
    router = undefined;
  };
  /** Announces the prefixes of all addresses of the LAN's router. */
  const announce = (...more: string[]) => {
    router = world.lan.spawn([
      "dnsmasq",
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--pid-file=",
      "--port=0",
      "--interface=lan",
      "--enable-ra",
      "--dhcp-range=::,constructor:lan,ra-only,64,2h",
      ...more,
    ]);
  };
  const inject = () =>
    world.session.inject(planFor(pod, "fd50::70/64", { slaac: true, duplicateAddressDetection: false }));
  const routes = async () => {
    const text = await pod.machine.must(["ip", "-6", "route", "show", "proto", "kernel", "dev", "net1"]);
    return text
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]!);
  };

  it("leave few routes after a flood, and the NIC works as before", async () => {
    announce();
    await inject();
    await stop();
    // A frame has room for some 40 prefixes; with a large MTU one is enough.
    const ports = (await world.lan.links()).filter(({ ifname }) => ifname !== "lo").map(({ ifname }) => ifname);
    await world.lan.ip(...ports.map((port) => `link set ${port} mtu 60000`));
    for (const [machine, link] of [
      [world.node, "eth1"],
      [pod.machine, "net1"],
    ] as const)
      await machine.ip(`link set ${link} mtu 60000`);
    const addresses = Array.from(
      { length: prefixes },
      (_, index) => `address add fd51:${hex(index)}::1/64 dev lan nodad`,
    );
    await world.lan.ip(...addresses);
    announce();
    await until("the flood", 120, async () => (await routes()).length > prefixes || undefined);
    await stop();
    await until("the agent to remove the routes", 120, async () => (await routes()).length < 300 || undefined);
    expect(await routes()).to.include.members(["fd50::/64", "fe80::/64"]);
    expect(await world.hosts[0]!.reaches("fd50::70")).to.equal(true);

    // The router announces its own prefix again.
    await world.lan.ip(...addresses.map((line) => line.replace("address add", "address del").replace(" nodad", "")));
    announce();
    await until("an announced address", 120, async () => {
      const own = await pod.machine.link("net1");
      return addressesOf(own).some((one) => one.startsWith("fd50::") && one !== "fd50::70/64") || undefined;
    });
    await pod.close();
  });

  it("delay its neighbour discovery for some seconds only", async () => {
    announce();
    await inject();
    // The kernel sets these to what a router announces.
    const timers = ["retrans_time_ms", "base_reachable_time_ms"].map((key) => `net.ipv6.neigh.net1.${key}`);
    const read = async () => (await pod.machine.must(["sysctl", "-n", ...timers])).trim().split("\n").map(Number);
    const usual = await read();
    // It would restore them at a time of its own, perhaps before they are read.
    await agent.kill();
    await pod.machine.must(["sysctl", "-q", "-w", ...timers.map((timer) => `${timer}=2000000000`)]);
    expect(await read()).to.not.deep.equal(usual);
    await agent.start();
    await until("the agent to restore them", 120, async () => {
      const [retrans = 0, reachable = 0] = await read();
      return (retrans === 1000 && reachable === 30_000) || undefined;
    });
  });
});
