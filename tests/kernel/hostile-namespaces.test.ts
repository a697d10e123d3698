import { expect } from "chai";
import { linkAlias } from "../../provider/model/names.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { must } from "../lab/run.ts";
import { Machine } from "../support/kernel/machine.ts";
import { addMappedPod } from "../support/kernel/mapped-pod.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A pod that deceives the node side with further network namespaces: its own nested ones, and the node's, which the
 * kernel shows to it by an ID.
 */

const address = "192.168.50.10/24";
const macvlan: InjectPlan["network"] = { mode: "macvlan", parent: "eth1" };

describe("a pod that uses other network namespaces", () => {
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
    await pod.close();
    await world.session.eject({ vnic: plan.vnic });
    expect(await world.remains()).to.deep.equal([]);
    await pod.gone();
  });

  const inject = async (placement: InjectPlan["placement"] = "moved", more: Partial<InjectPlan> = {}) => {
    plan = planFor(pod, address, { network: macvlan, placement, duplicateAddressDetection: false, ...more });
    await world.session.inject(plan);
    return pod.machine.link("net1");
  };
  const eject = () => world.session.eject({ vnic: plan.vnic });
  const error = (work: Promise<unknown>) => work.then(() => "", String);

  describe("moving its macvlan to a nested one, and leaving another link in its place", () => {
    let nested: Machine;
    beforeEach(async () => {
      nested = await Machine.make(`${pod.machine.netns}-in`);
    });
    afterEach(() => nested.close());

    /** Moves the NIC to the nested namespace, where it works as before. */
    const hide = async () => {
      await pod.machine.must(["ip", "link", "set", "net1", "netns", nested.netns]);
      await nested.ip(`address add ${address} dev net1`, "link set net1 up");
      expect(await world.hosts[0]?.reaches(address)).to.equal(true);
    };

    for (const placement of ["moved", "direct"] as const)
      for (const [what, decoy] of [
        ["a macvlan on its own eth0, with everything that it can copy", (mac: string) => `link eth0 address ${mac}`],
        ["a macvlan of another MAC", () => "link eth0"],
      ] as const)
        it(`${what}, is reported, placement ${placement}`, async () => {
          const own = await inject(placement);
          await hide();
          await pod.machine.ip(
            `link add ${decoy(plan.mac)} name net1 index ${own?.ifindex} type macvlan mode bridge`,
            `link set net1 alias ${linkAlias(plan.vnic.uid)} up`,
          );
          expect(await error(eject())).to.match(/has taken the Vnic's link to a network namespace/);
          expect(await world.hosts[0]?.reaches(address)).to.equal(true);
          await nested.ip("link del net1");
          expect((await eject()).removed).to.equal(false);
          expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
        });

    it("a macvlan on its NIC's parent, is reported", async () => {
      await inject();
      await pod.machine.ip("link add link net1 name more0 type macvlan mode bridge");
      await hide();
      await pod.machine.ip(`link set more0 alias ${linkAlias(plan.vnic.uid)} name net1 up`);
      expect(await error(eject())).to.match(/has taken the Vnic's link to a network namespace/);
      expect(await pod.machine.link("net1"), "the other link").to.equal(undefined);
    });

    it("nothing but links of its own in it, loses its NIC without a complaint", async () => {
      await inject();
      await pod.machine.ip(`link add in0 type veth peer name out0 netns ${nested.netns}`);
      expect((await eject()).removed).to.equal(true);
      expect(await world.hosts[0]?.reaches(address, 1)).to.equal(false);
    });
  });

  it("to send its macvlan to the node, renamed and unmarked, loses it nonetheless", async () => {
    await inject();
    await pod.machine.ip("link set net1 down", "link set net1 alias other", "link set net1 name mine0");
    await pod.machine.must(["ip", "link", "set", "mine0", "netns", world.node.netns]);
    expect(await world.node.link("mine0")).to.not.equal(undefined);
    expect((await eject()).removed).to.equal(true);
    expect(await world.node.link("mine0")).to.equal(undefined);
  });

  it("to send its macvlan to the node, and ends, leaves nothing there", async () => {
    await inject();
    await pod.machine.ip("link set net1 down", "link set net1 alias other", "link set net1 name mine0");
    await pod.machine.must(["ip", "link", "set", "mine0", "netns", world.node.netns]);
    await pod.close();
    expect((await eject()).removed).to.equal(true);
    expect(await world.node.link("mine0")).to.equal(undefined);
  });

  describe("by the node's ID in its own", () => {
    /** Makes a link on the node's eth7, where the pod has no Vnic, as `ip` with only NET_ADMIN in `enter`. */
    const take = async (...enter: string[]) => {
      const own = await pod.machine.link("net1");
      const eth7 = await world.node.link("eth7");
      const where = ["link", `if${eth7?.ifindex}`, "link-netnsid", String(own?.link_netnsid)];
      return error(must([...enter, "ip", "link", "add", ...where, "name", "mine0", "type", "macvlan"]));
    };

    it("can make a link on any NIC of the node with NET_ADMIN in the node's user namespace", async () => {
      await inject();
      const netAdmin = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all"];
      expect(await take(...pod.machine.enter(netAdmin))).to.equal("");
      await pod.machine.ip("link del mine0");
    });

    it("can't with all capabilities in a user namespace of its own (hostUsers: false)", async () => {
      await pod.close();
      const mapped = await addMappedPod(world);
      ({ pod } = mapped);
      await inject();
      const refused = await take(...mapped.enter);
      expect(refused).to.contain("Operation not permitted");
      expect((await eject()).removed).to.equal(true);
      await mapped.end();
    });
  });
});
