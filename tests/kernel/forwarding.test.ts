import { expect } from "chai";
import { describeWay, planOf, ways } from "../support/kernel/ways.ts";
import { lan, type Pod, World } from "../support/kernel/world.ts";

/*
 * A pod's network namespace inherits IPv4 settings of its node (net.core.devconf_inherit_init_net), which forwards packets,
 * as each node of a cluster does, and where kube-proxy has set route_localnet.
 */

describe("a host of the LAN, where pods inherit their node's settings,", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  const node = "10.214.1.1";

  before(async () => {
    world = await World.makeWithParents();
    const [host] = world.hosts;
    // Packets for the cluster's network, and for 127.0.0.1, leave this host for the Vnic.
    await host!.must(["sysctl", "-q", "-w", "net.ipv4.conf.all.route_localnet=1"]);
    await host!.ip(
      "address del 127.0.0.1/8 dev lo",
      "route add 127.0.0.1 via 192.168.50.70 dev eth0 src 192.168.50.201",
      "route add 10.214.0.0/16 via 192.168.50.70",
    );
  });
  after(() => world.close());
  beforeEach(async () => {
    pod = await world.addPod();
    await pod.machine.must(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.route_localnet=1"]);
    // The node's answers take the way back through the pod.
    const own = (await pod.machine.link("eth0"))?.addr_info.find(({ family }) => family === "inet")?.local;
    await world.node.ip(`route replace ${lan.hosts[0]} via ${own}`);
  });
  afterEach(() => pod.close());

  for (const way of ways)
    it(`reaches neither the node through a pod nor the pod's loopback: ${describeWay(way)}`, async () => {
      const plan = planOf(pod, way);
      await world.session.inject(plan);
      const [host] = world.hosts;
      expect(await host!.reaches("192.168.50.70")).to.equal(true);
      expect(await Promise.all([node, "127.0.0.1"].map((address) => host!.reaches(address, 1)))).to.deep.equal([
        false,
        false,
      ]);
      await world.session.eject({ vnic: plan.vnic });
    });

  for (const way of ways)
    it(`reaches the node through a pod whose spec says that it forwards: ${describeWay(way)}`, async () => {
      const plan = planOf(pod, way);
      await world.session.inject({ ...plan, pod: { ...plan.pod, forwards: true } });
      expect(await world.hosts[0]!.reaches(node)).to.equal(true);
      expect(await world.hosts[0]!.reaches("127.0.0.1", 1)).to.equal(false);
      await world.session.eject({ vnic: plan.vnic });
    });

  it("reaches the node through a pod that has chosen to forward, also after a change of its Vnic", async () => {
    const plan = planOf(pod, ways[0]!);
    await world.session.inject(plan);
    await pod.machine.must(["sysctl", "-q", "-w", "net.ipv4.conf.net1.forwarding=1"]);
    expect(await world.hosts[0]!.reaches(node)).to.equal(true);
    await world.session.inject({ ...plan, addresses: [...plan.addresses, "192.168.50.71/24"] });
    expect(await world.hosts[0]!.reaches(node)).to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
  });
});
