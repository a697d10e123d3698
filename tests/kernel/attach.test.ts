import { randomUUID } from "node:crypto";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { transitLinkName } from "../../provider/model/names.ts";
import { LinkMonitor } from "../support/kernel/link-monitor.ts";
import { addressesOf } from "../support/kernel/machine.ts";
import { nodeSideScript } from "../support/kernel/session.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/** The bundle of a pod's container: its ID, its annotations, and a function that replaces some of them. */
async function containerBundle({ root }: World, { plan }: Pod) {
  const { bundles, config } = parseLayout("containerd");
  const [, container = ""] = plan.containerId.split("://");
  const file = join(root, bundles, container, config);
  const content = JSON.parse(await readFile(file, "utf8")) as { annotations: Record<string, string> };
  const annotate = (changed: Record<string, string>) =>
    writeFile(file, JSON.stringify({ ...content, annotations: { ...content.annotations, ...changed } }));
  return { container, annotations: content.annotations, annotate };
}

describe("an injection on a node", () => {
  let world: World;
  let pod: Pod;

  before(async () => {
    world = await World.makeWithParents();
    pod = await world.addPod();
  });
  after(() => world.close());
  afterEach(async () => {
    expect(await world.remains()).to.deep.equal([]);
  });

  for (const [mode, parent, placement] of [
    ["macvlan", "eth1", "moved"],
    ["macvlan-private", "eth1", "moved"],
    ["bridge", "br7", "moved"],
    ["host-device", "eth7", "moved"],
    ["macvlan", "eth1", "direct"],
    ["macvlan-private", "eth1", "direct"],
    ["bridge", "br7", "direct"],
  ] as const)
    it(`in mode ${mode}, placement ${placement}, gives the pod a NIC that answers hosts of the LAN, and an ejection removes it`, async () => {
      const plan = planFor(pod, "192.168.50.10/24", {
        network: { mode, parent },
        placement,
        addresses: ["192.168.50.10/24", "fd50::10/64"],
      });
      const { interface: live, steps } = await world.session.inject(plan);
      expect(live).to.deep.include({ name: "net1", mac: plan.mac, addresses: plan.addresses, up: true });
      const moving = placement === "moved" ? ["moving"] : [];
      expect(steps.map(({ step }) => step).filter((step) => step !== "probing")).to.deep.equal([
        ...["creating", ...moving, "configuring", "attached"],
      ]);
      const seen = await pod.machine.link("net1");
      expect([seen?.address, addressesOf(seen)]).to.deep.equal([plan.mac, plan.addresses]);
      for (const address of plan.addresses) expect(await world.hosts[0]?.reaches(address), address).to.equal(true);
      expect((await world.readFile(plan.vnic.uid)).step).to.equal("attached");

      expect((await world.session.eject({ vnic: plan.vnic })).removed).to.equal(true);
      expect(await pod.machine.link("net1")).to.equal(undefined);
      if (mode === "host-device") expect((await world.node.link(parent))?.flags).to.include("UP");
    });

  it("keeps the existing NIC when it is repeated", async () => {
    const plan = planFor(pod, "192.168.50.10/24");
    await world.session.inject(plan);
    const before = await pod.machine.link("net1");
    await world.session.inject({ ...plan, addresses: ["192.168.50.11/24"] });
    const after = await pod.machine.link("net1");
    expect(after?.ifindex).to.equal(before?.ifindex);
    expect(addressesOf(after)).to.deep.equal(["192.168.50.11/24"]);
    await world.session.eject({ vnic: plan.vnic });
  });

  it("keeps the existing NIC when its resource file is lost", async () => {
    for (const placement of ["moved", "direct"] as const) {
      const plan = planFor(pod, "192.168.50.10/24", { placement });
      await world.session.inject(plan);
      const before = await pod.machine.link("net1");
      await rm(world.pathOf(plan.vnic.uid));
      await world.session.inject(plan);
      expect((await pod.machine.link("net1"))?.ifindex, placement).to.equal(before?.ifindex);
      await world.session.eject({ vnic: plan.vnic });
      expect(await pod.machine.link("net1"), placement).to.equal(undefined);
    }
  });

  it("keeps the existing NIC when only the placement of the next one changes", async () => {
    const plan = planFor(pod, "192.168.50.10/24", { placement: "moved" });
    await world.session.inject(plan);
    const before = await pod.machine.runningLink("net1");
    const { steps } = await world.session.inject({ ...plan, placement: "direct" });
    expect(steps.map(({ step }) => step)).not.to.include("creating");
    expect(await pod.machine.link("net1")).to.deep.equal(before);
    expect((await world.readFile(plan.vnic.uid)).definition.placement).to.equal("direct");
    await world.session.eject({ vnic: plan.vnic });
  });

  for (const [given, words, before] of [
    [{ network: { mode: "macvlan", parent: "eth33" } }, /network\.parent: there is no interface "eth33"/, []],
    [{ mtu: 9000 }, /mtu: 9000 is above 1500, the MTU of eth1/, []],
    [{}, /interfaceName: .* has an interface "net1" already/, ["net1"]],
  ] as const)
    it(`finds the cause when no link can be made in the pod, and leaves nothing there: ${words.source}`, async () => {
      for (const name of before) await pod.machine.ip(`link add ${name} type bridge`);
      const plan = planFor(pod, "192.168.50.10/24", { placement: "direct", ...given });
      const error = await world.session.inject(plan).catch((caught: unknown) => caught);
      expect((await pod.machine.links()).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0", ...before]);
      for (const name of before) await pod.machine.ip(`link del ${name}`);
      expect(error).to.include({ kind: "refused" });
      expect((error as Error).message).to.match(words);
    });

  for (const placement of ["moved", "direct"] as const) {
    it(`shows its link to the programs of the node ${placement === "moved" ? "until it is moved" : "at no time"} with placement ${placement}`, async () => {
      const plan = planFor(pod, "192.168.50.10/24", { placement });
      const seen = await LinkMonitor.during(world.node, () => world.session.inject(plan));
      await world.session.eject({ vnic: plan.vnic });
      expect(seen.includes(transitLinkName(plan.vnic.uid))).to.equal(placement === "moved");
    });

    it(`makes nothing in the pod when the driver withdraws the request, with placement ${placement}`, async () => {
      const plan = planFor(pod, "192.168.50.10/24", { placement });
      const requests = [
        { id: 1, verb: "inject", plan, hold: true },
        { id: 2, verb: "go", of: 1, proceed: false },
      ];
      const input = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
      let output = "";
      const seen = await LinkMonitor.during(pod.machine, async () => {
        const env = ["env", `VNIC_HOST_ROOT=${world.root}`];
        output = await world.node.must([...env, process.execPath, nodeSideScript], { input });
      });
      expect(output).to.include(`"step":"creating"`).and.include("the driver has withdrawn the request");
      expect(seen).not.to.include(transitLinkName(plan.vnic.uid));
    });
  }

  it("keeps routes when it is repeated, and restores a missing one", async () => {
    const routing = {
      routes: [{ to: "10.77.0.0/16", via: "192.168.50.1" }],
      gateways: ["192.168.50.1"],
      replyVia: "vnic",
      defaultRoute: { except: ["10.214.0.0/16"] },
    } as const;
    const plan = planFor(pod, "192.168.50.10/24", { routing });
    await world.session.inject(plan);
    const listed = () => pod.machine.must(["ip", "route", "show", "table", "all", "proto", "118"]);
    const before = await listed();
    expect(before).to.match(/10\.77\.0\.0\/16 via 192\.168\.50\.1 dev net1/);
    expect((await world.session.observe(plan)).routing ?? []).to.deep.equal([]);

    await world.session.inject({ ...plan, mtu: 1400 });
    expect(await listed()).to.equal(before);
    expect((await world.session.observe(plan)).routing ?? []).to.deep.equal([]);

    await pod.machine.must(["ip", "route", "del", "10.77.0.0/16", "via", "192.168.50.1"]);
    expect((await world.session.observe(plan)).routing).to.have.length(1);
    await world.session.inject(plan);
    expect(await listed()).to.equal(before);
    await world.session.eject({ vnic: plan.vnic });
    expect(await listed()).to.equal("");
  });

  it("is refused for an address that a host of the LAN has, without a trace", async () => {
    const error = await world.session.inject(planFor(pod, "192.168.50.201/24")).catch((caught: unknown) => caught);
    expect(error).to.include({ kind: "conflict" });
    expect((error as Error).message).to.match(/addresses\[0\]: 192\.168\.50\.201 is in use on the network/);
  });

  it("finds a network namespace below the runtime's state directory, and names its whole path", async () => {
    const below = "/run/containerd/io.containerd.grpc.v1.cri/netns";
    const hidden = await world.addPod("hidden", below);
    const plan = planFor(hidden, "192.168.50.12/24");
    const { association } = await world.session.inject(plan);
    expect(association.netns).to.equal(`${below}/${hidden.machine.netns}`);
    expect(await world.hosts[0]?.reaches("192.168.50.12")).to.equal(true);
    expect((await world.session.eject({ vnic: plan.vnic })).removed).to.equal(true);
    expect(await hidden.machine.link("net1")).to.equal(undefined);
    await hidden.close();
  });

  it("is refused for a network namespace outside the runtime's layout, with both names", async () => {
    const elsewhere = await world.addPod("elsewhere", "/run/elsewhere");
    const error = await world.session.inject(planFor(elsewhere, "192.168.50.12/24")).catch((caught: unknown) => caught);
    expect(error).to.include({ kind: "refused" });
    expect((error as Error).message).to.match(
      /^the pod's network namespace is at \/var\/run\/elsewhere\/\S+, where runtime layout containerd has none: it has them in \/run\/netns and /,
    );
    await elsewhere.close();
  });

  it("finds a static pod by the UID that the runtime knows, which differs from its mirror's UID", async () => {
    const { runtimeUid, uid } = { runtimeUid: pod.plan.uid, uid: randomUUID() };
    const plan = planFor({ ...pod, plan: { ...pod.plan, uid, runtimeUid } }, "192.168.50.12/24");
    const { association } = await world.session.inject(plan);
    expect(association.pod.uid).to.equal(uid);
    expect(await world.hosts[0]?.reaches("192.168.50.12")).to.equal(true);
    await world.session.eject({ vnic: plan.vnic });
  });

  it("is refused for a pod that claims to be another static pod", async () => {
    const liar = { ...pod.plan, name: "liar", uid: randomUUID(), runtimeUid: pod.plan.uid };
    const error = await world.session
      .inject(planFor({ ...pod, plan: liar }, "192.168.50.12/24"))
      .catch((caught: unknown) => caught);
    expect(error).to.include({ kind: "refused" });
    expect((error as Error).message).to.match(/doesn't run here: sandbox \w+ belongs to another pod/);
  });

  it("is refused for a pod whose container names its sandbox by a path", async () => {
    const victim = await world.addPod("victim");
    const { bundles, annotations: keys } = parseLayout("containerd");
    const bundle = await containerBundle(world, victim);
    const sandbox = bundle.annotations[keys.sandboxId] ?? "";
    await cp(join(world.root, bundles, sandbox), join(world.root, bundles, "..", "forged"), { recursive: true });
    await bundle.annotate({ [keys.sandboxId]: "../forged" });
    const error = await world.session.inject(planFor(victim, "192.168.50.12/24")).catch((caught: unknown) => caught);
    expect(String(error)).to.match(/doesn't run here: the runtime has no sandbox of it/);
    await victim.close();
  });

  it("isn't led to another pod by a container that names this pod, when the pod's own container has ended", async () => {
    const liar = await world.addPod("liar");
    const { container, annotate } = await containerBundle(world, liar);
    const { uid, namespace, name } = pod.plan;
    const { podUid, podNamespace, podName } = parseLayout("containerd").annotations;
    await annotate({ [podUid]: uid, [podNamespace]: namespace, [podName]: name });
    for (const ended of ["f".repeat(64), container]) {
      const plan = planFor({ ...pod, plan: { ...pod.plan, containerId: `containerd://${ended}` } }, "192.168.50.12/24");
      const outcome = await world.session.inject(plan).catch((caught: unknown) => String(caught));
      if (typeof outcome === "string") expect(outcome).to.match(/belongs to another pod/);
      else expect(await pod.machine.link("net1")).to.include({ address: plan.mac });
      expect(await liar.machine.link("net1")).to.equal(undefined);
      await world.session.eject({ vnic: plan.vnic });
    }
    await liar.close();
  });

  it("works next to invalid lines, which are refused one by one", async () => {
    const env = ["env", `VNIC_HOST_ROOT=${world.root}`];
    for (const line of ["null", "5", "[]", '"x"', "nonsense", '{"id":"x"}']) {
      const input = `${line}\n{"id":7,"verb":"hello"}\n`;
      const output = await world.node.must([...env, process.execPath, nodeSideScript], { input });
      const answers = output
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text) as { id: number; error?: { kind: string } });
      expect(
        answers.map(({ id, error }) => [id, error?.kind]),
        line,
      ).to.have.deep.members([
        [0, "invalid"],
        [7, undefined],
      ]);
    }
  });

  describe("without readable bundles", () => {
    let other: World;
    before(async () => {
      other = await World.make();
    });
    after(() => other.close());

    it("finds the network namespace in libcni's cache", async () => {
      const known = await other.addPod();
      await other.leaveOnlyCniResult(known);
      const plan = planFor(known, "192.168.50.13/24");
      const { association } = await other.session.inject(plan);
      expect(association).to.include({ netns: known.machine.netns, sandboxId: "5a".repeat(32) });
      expect(await other.hosts[0]?.reaches("192.168.50.13")).to.equal(true);
      await other.session.eject({ vnic: plan.vnic });
    });

    for (const [what, more] of [
      ["of another pod", { cniArgs: [["K8S_POD_UID", randomUUID()]] }],
      ["of a namespace that is gone", { netns: "/var/run/netns/cni-gone" }],
      ["that is malformed", { containerId: 7 }],
    ] as const)
      it(`ignores a result ${what}`, async () => {
        const unknown = await other.addPod();
        await other.leaveOnlyCniResult(unknown, more);
        const error = await other.session
          .inject(planFor(unknown, "192.168.50.13/24"))
          .catch((caught: unknown) => caught);
        expect(error).to.include({ kind: "refused" });
        expect((error as Error).message).to.match(/doesn't run here: the runtime has no sandbox of it/);
      });
  });

  it("is refused for a pod whose sandbox is gone", async () => {
    const ended = await world.addPod();
    await ended.close();
    const error = await world.session.inject(planFor(ended, "192.168.50.10/24")).catch((caught: unknown) => caught);
    expect(error).to.include({ kind: "refused" });
    expect((error as Error).message).to.match(/doesn't run here: the runtime has no sandbox of it/);
  });
});
