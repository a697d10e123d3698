import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { endOf, firstOutput } from "../lab/child.ts";
import { until } from "../lab/run.ts";
import { Machine } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/* What a pod can do although nobody wants it to, because the kernel offers no means against it. docs/security.md says so. */

const macvlan: InjectPlan["network"] = { mode: "macvlan", parent: "eth1" };
const bridge: InjectPlan["network"] = { mode: "bridge", parent: "br7" };
const address = "192.168.50.10/24";

interface PortRow {
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } };
}

describe("a pod with NET_ADMIN", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;

  beforeEach(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
  });
  afterEach(() => world.close());

  const inject = async (more: Partial<InjectPlan> = {}, its = address) => {
    const plan = planFor(pod, its, { network: macvlan, duplicateAddressDetection: false, ...more });
    await world.session.inject(plan);
    return plan;
  };

  describe("and two NICs on one network", () => {
    /** The number of frames on the LAN within a second. */
    const framesPerSecond = async () => {
      const count = async () => {
        const text = await world.hosts[0]!.must(["cat", "/proc/net/dev"]);
        return Number(/eth0:\s*\d+\s+(\d+)/.exec(text)?.[1]);
      };
      const before = await count();
      await sleep(1000);
      return (await count()) - before;
    };
    /** Makes the pod's two NICs ports of a bridge of its own. */
    const connect = async () => {
      await pod.machine.ip("link add br0 type bridge", "link set br0 up");
      await pod.machine.ip("link set net1 master br0", "link set net2 master br0");
    };
    const broadcastFrame = () => world.hosts[1]!.exec(["arping", "-c", "1", "-w", "1", "-I", "eth0", "192.168.50.99"]);
    const untilQuiet = () => until("the end of the loop", 60, async () => (await framesPerSecond()) < 100 || undefined);
    const injectTwo = async (network: InjectPlan["network"]) => {
      await inject({ network });
      return inject({ network, interfaceName: "net2", mac: "02:00:5e:00:00:72" }, "192.168.50.12/24");
    };

    for (const network of [macvlan, bridge])
      it(`of mode ${network.mode} can make a loop, which ends with one of its Vnics`, async () => {
        const second = await injectTwo(network);
        await connect();
        // The ports forward some time after they are up.
        await until("a loop", 60, async () => {
          await broadcastFrame();
          return (await framesPerSecond()) > 1000 || undefined;
        });
        expect((await world.session.eject({ vnic: second.vnic })).removed).to.equal(true);
        await untilQuiet();
      });

    it("can't in a bridge with a spanning tree, which closes one of its ports", async () => {
      await world.node.ip("link set br7 type bridge stp_state 1 forward_delay 200 hello_time 100");
      await injectTwo(bridge);
      await until("the ports to forward", 60, async () => (await world.hosts[0]!.reaches(address, 1)) || undefined);
      await connect();
      await until("one of its ports to be closed", 60, async () => {
        await broadcastFrame();
        const ports = ["ip", "-j", "-d", "link", "show", "master", "br7"];
        const rows = JSON.parse(await world.node.must(ports)) as PortRow[];
        return rows.some(({ linkinfo }) => linkinfo?.info_slave_data?.state === "disabled") || undefined;
      });
      await untilQuiet();
      await broadcastFrame();
      expect(await framesPerSecond()).to.be.below(100);
    });
  });

  it("can keep its macvlan by taking it down in a network namespace of its own while it is ejected", async () => {
    const plan = await inject();
    const nested = await Machine.make(`${pod.machine.netns}-in`);
    await pod.machine.must(["ip", "link", "set", "net1", "down", "netns", nested.netns]);
    expect((await world.session.eject({ vnic: plan.vnic })).removed).to.equal(false);
    await nested.ip(`address add ${address} dev net1`, "link set net1 up");
    expect(await world.hosts[0]!.reaches(address)).to.equal(true);
    // It ends with the pod.
    await nested.close();
    await until("the link to go", 60, async () => !(await world.hosts[0]!.reaches(address, 1)) || undefined);
  });

  it("can keep its macvlan after its own end, as long as a process has its network namespace open", async () => {
    const plan = await inject();
    const holder = spawn("sh", ["-c", `exec 3</run/netns/${pod.machine.netns}; echo ready; exec cat`]);
    await firstOutput(holder);
    // A stopped process keeps it, too.
    holder.kill("SIGSTOP");
    await pod.close();
    await world.session.eject({ vnic: plan.vnic });
    expect(await world.remains()).to.deep.equal([]);
    expect(await world.hosts[0]!.reaches(address)).to.equal(true);
    holder.kill("SIGKILL");
    await endOf(holder);
    await until("the link to go", 60, async () => !(await world.hosts[0]!.reaches(address, 1)) || undefined);
  });
});
