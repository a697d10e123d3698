import { expect } from "chai";
import { fragmentationNeeded, sendFrames } from "../support/kernel/frames.ts";
import { describeWay, planOf, ways } from "../support/kernel/ways.ts";
import { type Pod, World } from "../support/kernel/world.ts";

/*
 * By ICMP, a router says that packets to a host are too large for its next network (RFC 1191). The kernel believes anybody who
 * says so about an answer to a ping (RFC 5927, 7).
 */

describe("a host of the LAN that claims that a pod's packets to the cluster are too large", function () {
  this.timeout(120_000);
  let world: World;
  let pod: Pod;
  const node = "10.214.1.1";

  before(async () => {
    world = await World.makeWithParents();
  });
  after(() => world.close());
  beforeEach(async () => {
    pod = await world.addPod();
  });
  afterEach(() => pod.close());

  /** Whether the pod can send that many octets to the node in one packet. */
  const sends = async (octets: number) => {
    const headers = 28;
    const ping = ["ping", "-n", "-c", "1", "-w", "3", "-M", "do", "-s", String(octets - headers), node];
    return (await pod.machine.exec(ping)).code === 0;
  };

  for (const way of ways)
    it(`makes them no smaller than those that every network carries: ${describeWay(way)}`, async () => {
      const plan = planOf(pod, way);
      const { interface: nic } = await world.session.inject(plan);
      expect(await sends(1500)).to.equal(true);
      const claim = fragmentationNeeded({ to: nic.mac, router: "192.168.50.201", own: "192.168.50.70", distant: node });
      await sendFrames(world.hosts[0]!, "eth0", [claim]);
      expect([await sends(1500), await sends(1280)]).to.deep.equal([false, true]);
      await world.session.eject({ vnic: plan.vnic });
    });
});
