import { expect } from "chai";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { must } from "../lab/run.ts";
import { addMappedPod, type MappedPod } from "../support/kernel/mapped-pod.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A macvlan in the mode `source` receives every frame with one of its source MACs that comes in at the parent, whoever
 * it is for, and with the flag `nodst` nobody else does. With NET_ADMIN in the pod's user namespace, the pod may set both:
 * the kernel asks for no right on the parent. docs/security.md says so.
 */

const nodeAddress = "192.168.50.7/24";
const [address, others] = ["192.168.50.10/24", "192.168.50.11/24"];

describe("a pod with all capabilities in a user namespace of its own (hostUsers: false)", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let victim: Pod;
  let mapped: MappedPod;

  beforeEach(async () => {
    world = await World.makeWithParents();
    // The node has several NICs on the LAN, and each is only to answer for its own address.
    await world.node.must(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=1"]);
    victim = await world.addPod();
    mapped = await addMappedPod(world);
    ({ pod } = mapped);
  });
  afterEach(async () => {
    await mapped.end();
    await world.close();
  });

  const inject = async (of: Pod, network: InjectPlan["network"], its: string, mac: string) => {
    const plan = planFor(of, its, { network, mac, duplicateAddressDetection: false });
    await world.session.inject(plan);
    return plan;
  };
  /** Runs `ip link set net1 type …` with the rights of the pod's root. */
  const set = (...words: string[]) => must([...mapped.enter, "ip", "link", "set", "net1", "type", ...words]);
  const reachable = () => Promise.all([nodeAddress, others].map((one) => world.hosts[0]!.reaches(one)));

  it("can keep a host's frames from the node and from other pods by a macvlan, until its Vnic is removed", async () => {
    await world.node.ip(`address add ${nodeAddress} dev eth1`);
    const network = { mode: "macvlan", parent: "eth1" } as const;
    await inject(victim, network, others, "02:00:5e:00:00:71");
    const own = await inject(pod, network, address, "02:00:5e:00:00:70");
    expect(await reachable()).to.deep.equal([true, true]);
    const host = await world.hosts[0]!.link("eth0");
    await set("macvlan", "mode", "source", "nodst");
    await set("macvlan", "macaddr", "add", host!.address);
    expect(await reachable()).to.deep.equal([false, false]);
    expect((await world.session.eject({ vnic: own.vnic })).removed).to.equal(true);
    expect(await reachable()).to.deep.equal([true, true]);
  });

  it("can't do that in a bridge", async () => {
    await world.node.ip(`address add ${nodeAddress} dev br7`);
    const network = { mode: "bridge", parent: "br7" } as const;
    await inject(victim, network, others, "02:00:5e:00:00:71");
    const own = await inject(pod, network, address, "02:00:5e:00:00:70");
    for (const kind of ["macvlan", "bridge_slave"])
      expect(await set(kind, "mode", "source").catch(String), kind).to.match(/Error|not supported|garbage/);
    // The MACs of the node's bridge and of the other pod.
    const bridge = await world.node.link("br7");
    for (const mac of [bridge!.address, "02:00:5e:00:00:71"]) await pod.machine.ip(`link set net1 address ${mac}`);
    expect(await reachable()).to.deep.equal([true, true]);
    expect((await world.session.eject({ vnic: own.vnic })).removed).to.equal(true);
  });
});
