import { expect } from "chai";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { solicitedGroup } from "../../provider/node/solicited-group.ts";
import { until } from "../lab/run.ts";
import { igmpReport, mldQuery, sendFrames } from "../support/kernel/frames.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * By default, a bridge passes multicasts only to ports whose hosts have joined the group (mcast_snooping of ip-link(8)).
 * It believes any port, and the kernel of Debian 12 has no bound for a port. docs/security.md says what a pod can do with that.
 */

interface BridgeRow {
  readonly linkinfo: { readonly info_data: { readonly mcast_snooping: number; readonly mcast_hash_max: number } };
}

describe("a pod with a NIC in a bridge that looks into the protocols of multicast groups", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let other: Pod;
  const mac = "02:00:5e:00:00:70";
  const theirs = "fd50::11";
  const network: InjectPlan["network"] = { mode: "bridge", parent: "br7" };

  beforeEach(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
    other = await world.addPod();
    for (const [of, its, more] of [
      [pod, ["192.168.50.10/24", "fd50::10/64"], mac],
      [other, ["192.168.50.11/24", `${theirs}/64`], "02:00:5e:00:00:71"],
    ] as const) {
      const plan = planFor(of, "", { network, mac: more, addresses: [...its], duplicateAddressDetection: false });
      await world.session.inject(plan);
    }
    await world.node.ip("address add fd50::7/64 dev br7 nodad");
  });
  afterEach(() => world.close());

  const settings = async () => {
    const rows = JSON.parse(await world.node.must(["ip", "-j", "-d", "link", "show", "dev", "br7"])) as BridgeRow[];
    return rows[0]!.linkinfo.info_data;
  };
  /** Whether the node finds the other pod anew over the bridge. */
  const finds = async () => {
    await world.node.must(["ip", "neigh", "flush", "dev", "br7"]);
    return world.node.reaches(theirs, 2);
  };

  it("can end that by more groups than the bridge remembers; all ports then get all multicasts", async () => {
    const { mcast_snooping, mcast_hash_max: most } = await settings();
    expect(mcast_snooping).to.equal(1);
    const groups = Array.from({ length: most + 100 }, (_, index) => `239.7.${index >> 8}.${index & 255}`);
    const reports = groups.map((group) => igmpReport(mac, "192.168.50.10", group));
    await until("the bridge to end it", 60, async () => {
      // So many frames at once may not all get through.
      await sendFrames(pod.machine, "net1", reports);
      return (await settings()).mcast_snooping === 0 || undefined;
    });
    expect(await finds()).to.equal(true);
    expect(await world.hosts[0]!.reaches(theirs)).to.equal(true);
    expect(await world.hosts[0]!.reaches("192.168.50.11")).to.equal(true);
  });

  it("can keep others' IPv6 from being found by a multicast router's questions, unless that is switched off", async () => {
    const ask = () =>
      sendFrames(pod.machine, "net1", [
        mldQuery(mac, { to: "ff02::1", group: "::", milliseconds: 1 }),
        // A question about a group that is sent to another group: the group's members don't hear it.
        mldQuery(mac, { to: "ff02::99", group: solicitedGroup(theirs).group, milliseconds: 1 }),
      ]);
    expect(await finds()).to.equal(true);
    await ask();
    await until("the other pod to be out of reach", 60, async () => {
      if (!(await finds())) return true;
      await ask();
      return undefined;
    });
    await world.node.ip("link set br7 type bridge mcast_snooping 0");
    await ask();
    expect(await finds()).to.equal(true);
  });
});
