import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { netnsDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { must } from "../lab/run.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A runtime that is slow, or has a bug, leaves something else at the path of a pod's network namespace. It never delays
 * anything, and what isn't a pod's namespace counts as a pod that has ended.
 */

describe("a pod whose network namespace isn't at its path", function () {
  this.timeout(60_000);
  let world: World;
  let pod: Pod;
  let path: string;

  before(async () => {
    world = await World.make();
  });
  after(() => world.close());
  beforeEach(async () => {
    pod = await world.addPod();
    path = join(world.root, netnsDirectory, pod.machine.netns);
  });
  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
    await pod.close();
  });

  const plan = (more: object = {}) => planFor(pod, "192.168.50.10/24", { duplicateAddressDetection: false, ...more });
  const settings = () => world.node.must(["sysctl", "-a", "-r", "^net.ipv[46].conf.(all|eth1)"]);

  for (const [what, replace] of [
    ["an empty file, as after its unmounting", () => writeFile(path, "")],
    ["a FIFO, which blocks who opens it", () => must(["mkfifo", path])],
    ["a folder", () => mkdir(path)],
    ["the node's own namespace", () => symlink(`/run/netns/${world.node.netns}`, path)],
  ] as const)
    it(`but ${what}, gets no NIC, and loses the one that it has from the node's files`, async () => {
      const before = [await world.nodeLinks(), await settings()];
      const former = plan();
      await world.session.inject(former);
      await rm(path);
      await replace();

      const began = performance.now();
      const other = { interfaceName: "net2", mac: "02:00:5e:00:00:71" };
      for (const next of [former, plan(other), plan({ ...other, placement: "direct" })]) {
        const error = await world.session.inject(next).catch((caught: unknown) => caught);
        expect(error).to.be.an("error").with.property("kind", "refused");
        expect(String(error)).to.match(/pod shop\/pod-\d+ .*doesn't run here: its network namespace .* is not there/);
      }
      const error = await world.session.observe(former).catch((caught: unknown) => caught);
      expect(String(error)).to.contain("doesn't run here");
      // Whether or not the driver believes that the pod runs.
      await world.session.eject({ vnic: former.vnic, pod: pod.plan });
      await world.session.eject({ vnic: former.vnic, pod: pod.plan });
      expect(performance.now() - began).to.be.below(10_000);

      await rm(path, { recursive: true });
      await symlink(`/run/netns/${pod.machine.netns}`, path);
      await world.session.eject({ vnic: former.vnic, pod: pod.plan });
      expect(await world.remains()).to.deep.equal([]);
      expect([await world.nodeLinks(), await settings()]).to.deep.equal(before);
    });
});
