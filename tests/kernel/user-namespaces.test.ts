import { expect } from "chai";
import { netnsDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan } from "../support/kernel/dhcp.ts";
import { addressesOf, Machine } from "../support/kernel/machine.ts";
import { Session } from "../support/kernel/session.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";
import { someSessionJob } from "../support/session-job.ts";

/** The user of the node that is root in the pod. */
const podRoot = 131_072;

/* The network namespace of such a pod belongs to the pod's user namespace, and its files to `podRoot`. */
describe("a pod with a user namespace (hostUsers: false)", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let session: Session;

  before(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod("mapped", netnsDirectory, (netns) => Machine.makeInUserNamespace(netns, podRoot));
    session = new Session(world.node, world.root, ["setpriv", `--bounding-set=${jobCapabilities()}`, "--"]);
    world.onClose(() => session.close());
  });
  after(() => world.close());
  afterEach(async () => {
    expect(await world.remains()).to.deep.equal([]);
  });

  it("owns its network namespace", async () => {
    const file = "/proc/sys/net/ipv4/conf/eth0/forwarding";
    expect((await pod.machine.must(["stat", "--format=%u", file])).trim()).to.equal(String(podRoot));
  });

  for (const [mode, parent, placement] of [
    ["macvlan", "eth1", "moved"],
    ["bridge", "br7", "moved"],
    ["host-device", "eth7", "moved"],
    ["macvlan", "eth1", "direct"],
    ["bridge", "br7", "direct"],
  ] as const)
    it(`gets a NIC of mode ${mode}, placement ${placement}, by the capabilities of a session's Job, and loses it again`, async () => {
      const plan = planFor(pod, "192.168.50.10/24", {
        network: { mode, parent },
        placement,
        addresses: ["192.168.50.10/24", "fd50::10/64"],
        routing: {
          routes: [{ to: "10.77.0.0/16", via: "192.168.50.1" }],
          gateways: ["192.168.50.1"],
          replyVia: "vnic",
        },
      });
      const { interface: live } = await session.inject(plan);
      expect(live).to.deep.include({ name: "net1", mac: plan.mac, addresses: plan.addresses, up: true });
      expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal(plan.addresses);
      for (const address of plan.addresses) expect(await world.hosts[0]?.reaches(address), address).to.equal(true);
      const routes = await pod.machine.must(["ip", "route", "show", "table", "all"]);
      expect(routes).to.match(/10\.77\.0\.0\/16 via 192\.168\.50\.1 dev net1/);
      expect((await session.observe(plan)).interface).to.deep.include({ name: "net1", mac: plan.mac });

      expect((await session.eject({ vnic: plan.vnic })).removed).to.equal(true);
      expect(await pod.machine.link("net1")).to.equal(undefined);
      if (mode === "host-device") expect((await world.node.link(parent))?.flags).to.include("UP");
    });

  it("has the sysctls of its NIC set, which belong to its own root", async () => {
    const plan = planFor(pod, "192.168.50.10/24", { addresses: ["192.168.50.10/24", "fd50::10/64"] });
    await session.inject(plan);
    const setting = (path: string) => pod.machine.must(["cat", `/proc/sys/net/${path}`]).then((text) => text.trim());
    expect(await setting("ipv4/conf/net1/arp_notify")).to.equal("1");
    expect(await setting("ipv6/conf/net1/accept_ra")).to.equal("0");
    await session.eject({ vnic: plan.vnic });
  });

  it("gets an address by DHCP from its node's agent, and loses it again", async () => {
    const server = await dhcpServer(world, 60);
    await server.start();
    await Agent.start(world);
    const plan = leasedPlan(pod);
    const { lease } = await session.inject(plan);
    const address = lease?.address ?? "";
    expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([address]);
    expect(await world.hosts[0]?.reaches(address)).to.equal(true);
    expect((await session.eject({ vnic: plan.vnic })).removed).to.equal(true);
    expect(await pod.machine.link("net1")).to.equal(undefined);
  });
});

/** The capabilities that a session's Job adds, as setpriv(1) takes them. */
function jobCapabilities(): string {
  const added = someSessionJob().spec.template.spec.containers.flatMap(
    ({ securityContext }) => securityContext.capabilities.add,
  );
  return ["-all", ...added.map((name) => `+${name.toLowerCase()}`)].join(",");
}
