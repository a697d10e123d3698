import { mkdir, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { agentSocket } from "../../provider/model/wire/agent-protocol.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { must, until } from "../lab/run.ts";
import { Agent } from "../support/kernel/agent.ts";
import { dhcpServer, leasedPlan } from "../support/kernel/dhcp.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

describe("a node whose state directory is lost", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  let other: Pod;
  let agent: Agent;
  let state: string;

  before(async () => {
    world = await World.make();
    pod = await world.addPod();
    other = await world.addPod();
    state = join(world.root, stateDirectory);
    const server = await dhcpServer(world, 3600);
    await server.start();
  });
  after(() => world.close());

  const conditionOf = (uid: string, wanted: string) =>
    agent.statusOf(uid)?.conditions.find(({ type }) => type === wanted);
  const fixedPlan = (host: number) =>
    planFor(other, `192.168.50.${host}/24`, { interfaceName: `net${host}`, mac: `02:00:5e:00:00:${host}` });
  /** Lazily, because the agent may be reading in the directory at that moment. */
  const unmount = () => must(["umount", "--lazy", state]);
  const listens = () => until("the agent's socket", 30, () => agent.answers());

  it("has the agent's socket restored, and reports and re-injects its Vnics", async () => {
    agent = await Agent.start(world);
    const leased = leasedPlan(pod);
    const [fixed, last] = [fixedPlan(60), fixedPlan(61)];
    const all = [leased, fixed, last];
    for (const plan of all) agent.addRecord(plan);
    const first = await world.session.inject(leased);
    // The agent has seen the leased Vnic when it reports `last`.
    for (const plan of [fixed, last]) {
      await world.session.inject(plan);
      await until("the agent's look", 30, () => conditionOf(plan.vnic.uid, "Attached") !== undefined || undefined);
    }

    // At once, because the agent creates its socket there again at a time of its own.
    const lost = join(world.root, "lost");
    await rename(state, lost);
    await rm(lost, { recursive: true });
    await listens();
    for (const { vnic } of all)
      await until("a report", 30, () => conditionOf(vnic.uid, "Ready")?.status === "False" || undefined);
    expect(conditionOf(leased.vnic.uid, "Ready")?.reason).to.equal("ResourceFileMissing");
    expect(conditionOf(leased.vnic.uid, "LeaseBound")).to.deep.include({ status: "False", reason: "LeaseLost" });

    const again = await world.session.inject(leased);
    expect(again.lease?.address).to.equal(first.lease?.address);
    expect(addressesOf(await pod.machine.link("net1"))).to.deep.equal([first.lease?.address]);
    await world.session.inject(fixed);
    // Without a resource file, only a request that names the pod finds the link there.
    const ended = await world.session.eject({ vnic: last.vnic });
    expect(ended).to.include({ removed: false, resourceFile: false });
    const found = await world.session.eject({ vnic: last.vnic, pod: last.pod });
    expect(found).to.include({ removed: true, resourceFile: false });
    expect(await world.session.eject({ vnic: fixed.vnic })).to.include({ removed: true, resourceFile: true });
    for (const plan of all) await world.session.eject({ vnic: plan.vnic, pod: plan.pod });
    expect(await world.remains()).to.deep.equal([]);
  });

  it("ends the agent, which is then restarted, when nothing can be created in the mounted directory", async () => {
    await agent.kill();
    const source = join(world.root, "state");
    await mkdir(source);
    await must(["mount", "--bind", source, state]);
    try {
      await agent.start();
      await unlink(join(world.root, agentSocket));
      // The agent may create its socket there again meanwhile.
      await rm(source, { recursive: true, maxRetries: 10 });
      await agent.ended();
    } finally {
      await unmount();
    }
    await agent.start();
    await listens();
  });

  describe("without space", () => {
    // Its socket, which it restores at a time of its own, would take the inode that the test counts on.
    before(() => agent.kill());

    for (const [what, options, fill, empty] of [
      [
        "no space",
        "size=64k",
        () => must(["dd", "if=/dev/zero", `of=${join(state, "filler")}`, "bs=4k", "count=1000"]).catch(() => undefined),
        () => rm(join(state, "filler")),
      ],
      [
        "no inode",
        // The kernel's smallest number that leaves one for a file that is there, besides the folders.
        "size=1m,nr_inodes=4",
        () => writeFile(join(state, "filler"), ""),
        () => rm(join(state, "filler")),
      ],
    ] as const)
      it(`names the file for which a full disk has ${what}, and continues when there is some`, async () => {
        await must(["mount", "-t", "tmpfs", "-o", options, "tmpfs", state]);
        try {
          await mkdir(join(state, "vnics"));
          const there = planFor(pod, "192.168.50.62/24", { interfaceName: "net2", mac: "02:00:5e:00:00:72" });
          await world.session.inject(there);
          await fill();
          const plan = planFor(pod, "192.168.50.61/24");
          const refused: unknown = await world.session.inject(plan).catch((error: unknown) => error);
          expect(refused)
            .to.be.an("error")
            .with.property(
              "message",
              `writing ${world.pathOf(plan.vnic.uid)}: no space is left on the node's disk (ENOSPC); make room`,
            );
          expect(await pod.machine.link("net1")).to.equal(undefined);
          expect((await world.session.eject({ vnic: there.vnic })).removed).to.equal(true);
          await empty();
          expect(await world.remains()).to.deep.equal([]);
          await world.session.inject(plan);
          expect(await world.hosts[0]?.reaches("192.168.50.61")).to.equal(true);
          await world.session.eject({ vnic: plan.vnic });
        } finally {
          await unmount();
        }
      });
  });
});
