import { expect } from "chai";
import { hostSideName } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/* Any program that sends raw frames can speak the spanning tree protocol, and could make itself the root of the LAN. */

interface BridgeRow {
  readonly linkinfo: { readonly info_data?: { readonly root_id?: string; readonly bridge_id?: string } };
}
interface PortRow {
  readonly linkinfo: { readonly info_slave_data?: { readonly state?: string } };
}

describe("a pod with a NIC in a bridge that has a spanning tree", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  const network = { mode: "bridge", parent: "br7" } as const;
  const plan = (of: Pod, address: string, mac?: string) =>
    planFor(of, address, { network, duplicateAddressDetection: false, ...(mac ? { mac } : {}) });

  before(async () => {
    world = await World.makeWithParents();
    // The kernel's shortest delay before a port forwards.
    await world.node.ip("link set br7 type bridge stp_state 1 forward_delay 200");
    pod = await world.addPod();
  });
  after(() => world.close());

  const show = async <Row>(name: string) =>
    (JSON.parse(await world.node.must(["ip", "-j", "-d", "link", "show", "dev", name])) as Row[])[0];

  it("can't become its root, and closes only its own port by trying", async () => {
    const other = await world.addPod();
    const [own, theirs] = [plan(pod, "192.168.50.10/24"), plan(other, "192.168.50.11/24", "02:00:5e:00:00:71")];
    await world.session.inject(own);
    await world.session.inject(theirs);
    expect(await world.hosts[0]?.reaches("192.168.50.10", 10)).to.equal(true);

    // The pod's own bridge announces itself as a better root.
    await pod.machine.ip("link add br0 type bridge stp_state 1 forward_delay 200 priority 0");
    await pod.machine.ip("link set br0 up", "link set net1 master br0");
    const port = hostSideName(own.vnic.uid);
    await until("the port to be closed", 30, async () =>
      (await show<PortRow>(port))?.linkinfo.info_slave_data?.state === "disabled" ? true : undefined,
    );
    const { root_id, bridge_id } = (await show<BridgeRow>("br7"))?.linkinfo.info_data ?? {};
    expect(root_id).to.be.a("string");
    expect(root_id).to.equal(bridge_id);
    expect(await world.hosts[0]?.reaches("192.168.50.11")).to.equal(true);

    // The port opens again when the pod stops that.
    await pod.machine.ip("link del br0", "link set net1 down", "link set net1 up");
    expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal(["192.168.50.10/24"]);
    const reaches = async () => (await world.hosts[0]?.reaches("192.168.50.10", 1)) || undefined;
    await until("the pod to be in reach", 60, reaches);
    for (const one of [own, theirs]) expect((await world.session.eject({ vnic: one.vnic })).removed).to.equal(true);
    expect(await world.remains()).to.deep.equal([]);
  });
});
