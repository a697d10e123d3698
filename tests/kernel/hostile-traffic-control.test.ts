import { expect } from "chai";
import { until } from "../lab/run.ts";
import { planOf, ways, describeWay, address } from "../support/kernel/ways.ts";
import { type Pod, World } from "../support/kernel/world.ts";

/* A pod with NET_ADMIN can queue, drop and redirect what passes its NIC. None of that may keep the NIC, or stay on it. */

describe("a pod that controls the traffic of its NIC", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  before(async () => {
    world = await World.makeWithParents();
  });
  after(() => world.close());
  beforeEach(async () => {
    pod = await world.addPod();
  });
  afterEach(() => pod.close());

  const everything = "u32 match u32 0 0";
  const tc = (...commands: string[]) => pod.machine.must(["tc", "-batch", "-"], { input: `${commands.join("\n")}\n` });
  const node = () => world.nodeLinks();
  /** What the node has for the traffic of its devices, except for what the kernel gives each by itself. */
  const control = async () => {
    const shown = ["qdisc", "filter", "chain"].map((kind) => world.node.must(["tc", kind, "show"]));
    const lines = (await Promise.all(shown)).join("\n").split("\n");
    return lines.filter((line) => line !== "" && !/ (noqueue|pfifo_fast|fq_codel|mq) /.test(line));
  };

  for (const way of ways)
    it(`by queues, filters and redirections loses it, and leaves none of these: ${describeWay(way)}`, async () => {
      const before = await node();
      const plan = planOf(pod, way);
      await world.session.inject(plan);
      await tc(
        "qdisc add dev net1 clsact",
        `filter add dev net1 ingress protocol all ${everything} action mirred egress redirect dev eth0`,
        `filter add dev net1 egress protocol all ${everything} action mirred egress mirror dev eth0`,
        "qdisc replace dev net1 root tbf rate 8bit burst 2kb latency 3600s",
        "qdisc add dev eth0 clsact",
        `filter add dev eth0 ingress protocol all ${everything} action mirred egress redirect dev net1`,
      );
      // Packets wait in its queue while it goes.
      await pod.machine.exec(["ping", "-n", "-c", "1", "-w", "1", "-I", "net1", "192.168.50.201"]);
      const seen = await world.session.observe(plan);
      expect(seen.interface?.addresses).to.deep.equal([address]);
      expect((await world.session.eject({ vnic: plan.vnic })).removed).to.equal(true);
      expect(await node()).to.deep.equal(before);
      expect(await control()).to.deep.equal([]);
      expect(await pod.machine.link("net1")).to.equal(undefined);
      expect(await world.remains()).to.deep.equal([]);
    });

  for (const way of ways)
    it(`by policies of IPsec loses it, and leaves none of these: ${describeWay(way)}`, async () => {
      const before = await node();
      const plan = planOf(pod, way);
      await world.session.inject(plan);
      await pod.machine.ip(
        "xfrm policy add dir out src 0.0.0.0/0 dst 0.0.0.0/0 dev net1 action block",
        "xfrm policy add dir in src 0.0.0.0/0 dst 0.0.0.0/0 dev net1 action block",
      );
      expect((await world.session.observe(plan)).interface?.addresses).to.deep.equal([address]);
      expect((await world.session.eject({ vnic: plan.vnic })).removed).to.equal(true);
      expect(await node()).to.deep.equal(before);
      expect(await world.node.must(["ip", "xfrm", "policy", "show"])).to.equal("");
      expect(await world.remains()).to.deep.equal([]);
    });

  for (const way of ways)
    it(`and renames it without an end never keeps it: ${describeWay(way)}`, async () => {
      const before = await node();
      const names = `ls /sys/class/net | grep -v -e '^lo$' -e '^eth0$'`;
      const rename = `for from in $(${names}); do i=$((i+1)); ip link set dev $from down name r$((i%50)) 2>/dev/null; done`;
      const renaming = pod.machine.spawn([
        "unshare",
        "--mount",
        "sh",
        "-c",
        `mount -t sysfs sysfs /sys; while :; do ${rename}; done`,
      ]);
      try {
        for (let round = 0; round < 6; round++) {
          const plan = planOf(pod, way);
          const refused = await world.session.inject(plan).then(
            () => undefined,
            (error: unknown) => error,
          );
          // A failure is reported with words.
          if (refused !== undefined) expect(refused).to.be.an("error").with.property("kind").that.is.a("string");
          await until("the Vnic to go", 120, () =>
            world.session.eject({ vnic: plan.vnic }).then(
              () => true,
              () => undefined,
            ),
          );
          expect(await world.remains()).to.deep.equal([]);
        }
      } finally {
        renaming.kill("SIGKILL");
      }
      expect(await node()).to.deep.equal(before);
    });
});
