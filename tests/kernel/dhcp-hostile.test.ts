import { expect } from "chai";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { until } from "../lab/run.ts";
import { Agent } from "../support/kernel/agent.ts";
import { leasedPlan, startScripted } from "../support/kernel/dhcp.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { type Pod, World } from "../support/kernel/world.ts";
import { type Reply, text } from "../support/scripted-dhcp.ts";
import { access } from "node:fs/promises";
import { join } from "node:path";

const good = "192.168.50.60";

describe("a hostile DHCP server", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let agent: Agent;
  let stop: () => Promise<void> = async () => undefined;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    await world.node.ip("address add 192.168.50.7/24 dev eth1", "route add default via 192.168.50.9");
    agent = await Agent.start(world);
  });
  afterEach(async () => {
    await stop();
    expect(await world.remains()).to.deep.equal([]);
    expect(await agent.clients()).to.deep.equal([]);
  });
  after(() => world.close());

  const inPod = async () => addressesOf(await pod.machine.link("net1"));
  const serve = async (...replies: Reply[]) => {
    stop = await startScripted(world, { replies, naks: replies.length - 1 });
  };

  it("sets nothing but its address in the pod, and runs nothing", async () => {
    const mark = join(world.root, stateDirectory, "pwned");
    // A text that fills a DHCP packet completely.
    const evil = `$(touch ${mark})\n\`touch ${mark}\`;\0'"`;
    const everywhere = "00c0a83242"; // A classless route for 0.0.0.0/0 via 192.168.50.66.
    const options = {
      3: "c0a83242",
      6: "c0a83242",
      12: text(evil),
      15: text(evil),
      33: "0a000000c0a83242",
      121: `${everywhere}080ac0a83242`,
      249: everywhere,
    };
    const seen = () => pod.machine.must(["sh", "-c", "ip route; cat /etc/resolv.conf; hostname"]);
    const before = await seen();
    await serve({ ip: good, options });
    const plan = leasedPlan(pod);
    const { lease } = await world.session.inject(plan);
    expect(lease?.address).to.equal(`${good}/24`);
    const after = await seen();
    const own = /^.* dev net1 .*\n/gm;
    expect(after.match(own)).to.have.length(1);
    expect(after.replace(own, "")).to.equal(before);
    expect(
      await access(mark).then(
        () => "there",
        () => "absent",
      ),
    ).to.equal("absent");
    await world.session.eject({ vnic: plan.vnic });
  });

  // The beginnings of replies, up to the options: for another transaction, for another client, and for the right one.
  const head = (xid: string, mac: string) =>
    `02010600${xid}0000000000000000c0a8324200000000${"00".repeat(4)}${mac}${"00".repeat(202)}63825363`;
  const patient: [what: string, reply: Reply][] = [
    ["sends the answer three times", { ip: good, copies: 3 }],
    ["answers late", { ip: good, delayMilliseconds: 2500 }],
    [
      "sends malformed answers first",
      {
        ip: good,
        before: [
          "00",
          "ff".repeat(1400),
          head("00000000", "MAC") + "350102ff",
          head("XID", "020000000066") + "350102ff",
          head("XID", "MAC"),
          `${head("XID", "MAC")}35ff02`,
          `${head("XID", "MAC")}0104`,
        ],
      },
    ],
  ];
  for (const [what, reply] of patient)
    it(`gives one address when it ${what}`, async () => {
      await serve(reply);
      const plan = leasedPlan(pod);
      await world.session.inject(plan);
      expect(await inPod()).to.deep.equal([`${good}/24`]);
      expect(await world.hosts[0]?.reaches(good)).to.equal(true);
      await world.session.eject({ vnic: plan.vnic });
    });

  const refused: [what: string, reply: Reply, why: RegExp][] = [
    ["a loopback address", { ip: "127.0.0.1" }, /loopback/],
    ["no mask", { ip: good, options: { 1: "" } }, /is not a subnet mask/],
    [
      "a subnet with half of all addresses",
      { ip: good, options: { 1: "80000000" } },
      /would draw the pod's other traffic/,
    ],
    ["the cluster's network as subnet", { ip: "10.0.0.5", options: { 1: "ff000000" } }, /has the pod's own address/],
    ["the node's own address", { ip: "192.168.50.7" }, /192\.168\.50\.7 is the node's own, on eth1/],
    ["the node's default gateway", { ip: "192.168.50.9" }, /192\.168\.50\.9 is the node's default gateway/],
    ["a subnet with the cluster's services", { ip: "10.96.0.77" }, /overlaps 10\.96\.0\.0\/12 of the cluster/],
    ["a subnet with other pods", { ip: "10.215.3.4" }, /overlaps 10\.215\.0\.0\/16 of the cluster/],
    ["the link-local network as subnet", { ip: "169.254.3.4", options: { 1: "ffff0000" } }, /overlaps 169\.254/],
    ["a part of the pod's own network", { ip: "10.214.1.200", options: { 1: "ffffff80" } }, /a part of the pod's own/],
    ["a lease time of zero", { ip: good, options: { 51: "00000000" } }, /shorter than 30 s/],
  ];
  for (const [what, reply, why] of refused)
    it(`is refused without a trace when it gives ${what}`, async () => {
      await serve(reply);
      const { dhcp, ...plan } = leasedPlan(pod);
      const clusterNetworks = ["10.96.0.0/12", "10.215.0.0/16"];
      const asked = { ...plan, dhcp: { clientId: "ff", ...dhcp, clusterNetworks } };
      const error: unknown = await world.session.inject(asked).catch((caught: unknown) => caught);
      expect(error).to.be.an("error").with.property("message").that.matches(why);
      expect((await pod.machine.links()).filter(({ ifalias }) => ifalias)).to.deep.equal([]);
    });

  it("that refuses a renewal gives another address, which replaces the old one and is reported", async () => {
    const other = "192.168.50.61";
    await serve({ ip: good }, { ip: other });
    const plan = leasedPlan(pod);
    await world.session.inject(plan);
    expect(await inPod()).to.deep.equal([`${good}/24`]);
    const seen = new Set<string>();
    await until("the other address", 60, async () => {
      const addresses = await inPod();
      seen.add(addresses.join(" "));
      return addresses.includes(`${other}/24`) || undefined;
    });
    expect([...seen]).to.not.include(`${good}/24 ${other}/24`);
    expect(await world.hosts[0]?.reaches(other)).to.equal(true);
    expect(await world.hosts[0]?.reaches(good, 1)).to.equal(false);
    const status = await until("the report", 30, () => {
      const last = agent.statusOf(plan.vnic.uid);
      return last?.lease?.address === `${other}/24` ? last : undefined;
    });
    expect(status.interface?.addresses).to.deep.equal([`${other}/24`]);
    expect((await world.session.observe(plan)).lease?.address).to.equal(`${other}/24`);
    await world.session.eject({ vnic: plan.vnic });
  });
});
