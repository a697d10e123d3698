import { expect } from "chai";
import { annotations, deriveMac, finalizer } from "../../provider/model/names.ts";
import type { VnicRecord } from "../../provider/model/vnic/record.ts";
import type { ResourceFile } from "../../provider/model/wire/resource-file.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { until } from "../lab/run.ts";
import { holdPod } from "../support/held-pod.ts";
import { addressesOf, define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing, askRedis, learnedMac } from "../support/outside.ts";

describe("inject", () => {
  const namespace = "inject";
  const bench = useBench({ namespace });
  const db = { namespace, name: "db" };

  before(() => Promise.all([bench.runPod("db", "node1"), bench.runPod("web", "node2")]));

  it("gives a running pod a NIC that outside hosts reach by IPv4 and IPv6, without a restart of the pod", async () => {
    const before = await bench.kubectl(
      "get",
      "pod",
      "db",
      "-o",
      "jsonpath={.metadata.uid} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}",
    );
    const state = await bench.inject(define({ name: "wire", pod: db, addresses: ["192.168.50.20/24", "fd50::20/64"] }));

    expect((await askRedis(bench.lab, "lan1", "192.168.50.20"))[0]).to.equal("+PONG");
    expect((await askRedis(bench.lab, "lan2", "fd50::20"))[0]).to.equal("+PONG");
    const link = linkNamed(await bench.linksIn("db"), state.interfaceName);
    expect(link?.address).to.equal(deriveMac({ namespace, name: "wire" }));
    expect(link?.mtu).to.equal(1500);
    expect(link?.flags).to.include("UP");
    expect(addressesOf(link)).to.include.members(["192.168.50.20/24", "fd50::20/64"]);
    const after = await bench.kubectl(
      "get",
      "pod",
      "db",
      "-o",
      "jsonpath={.metadata.uid} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}",
    );
    expect(after).to.equal(before);
    await bench.eject(state);
  });

  it("writes a record with finalizer, node and pod, and a resource file with the pod's association", async () => {
    const state = await bench.inject(
      define({
        name: "kept",
        pod: db,
        addresses: ["192.168.50.21/24"],
        interfaceName: "lan0",
        mac: "02:00:5e:00:00:21",
        mtu: 1400,
      }),
    );

    const record = JSON.parse(await bench.kubectl("get", "vnic", "kept", "-o", "json")) as VnicRecord;
    const pod = JSON.parse(await bench.kubectl("get", "pod", "db", "-o", "json")) as { metadata: { uid: string } };
    expect(record.metadata.finalizers).to.deep.equal([finalizer]);
    expect(record.metadata.annotations).to.include({
      [annotations.node]: "node1",
      [annotations.podUid]: pod.metadata.uid,
    });
    expect(record.status?.conditions[0]).to.include({ type: "Ready", status: "True", reason: "Attached" });
    expect(record.status?.interface).to.deep.equal({
      name: "lan0",
      mac: "02:00:5e:00:00:21",
      mtu: 1400,
      addresses: ["192.168.50.21/24"],
      up: true,
    });

    const { stdout } = await bench.lab.exec("node1", ["cat", `${stateDirectory}/vnics/${record.metadata.uid}.json`]);
    const file = JSON.parse(stdout) as ResourceFile;
    expect(file.step).to.equal("attached");
    expect(file.vnic).to.deep.equal({ uid: record.metadata.uid, namespace, name: "kept" });
    expect(file.association.pod).to.deep.equal({ namespace, name: "db", uid: pod.metadata.uid });
    expect(file.association.sandboxId).to.equal(state.sandboxId);
    await bench.eject(state);
  });

  it("answers at once at an address for which neighbours have a stale entry", async () => {
    const [lan1, stale] = ["lan1", "02:00:5e:00:00:99"] as const;
    const device = "eth0";
    for (const address of ["192.168.50.22", "fd50::22"]) {
      const { code, stderr } = await bench.lab.exec(lan1, [
        "ip",
        "neigh",
        "replace",
        address,
        "lladdr",
        stale,
        "dev",
        device,
        "nud",
        "stale",
      ]);
      expect(code, stderr).to.equal(0);
    }
    const state = await bench.inject(
      define({ name: "moved", pod: db, addresses: ["192.168.50.22/24", "fd50::22/64"] }),
    );

    expect(await learnedMac(bench.lab, lan1, "192.168.50.22"), "ARP").to.equal(state.mac);
    expect(await learnedMac(bench.lab, lan1, "fd50::22"), "ND").to.equal(state.mac);
    expect(await answersPing(bench.lab, lan1, "192.168.50.22")).to.equal(true);
    expect(await answersPing(bench.lab, lan1, "fd50::22")).to.equal(true);
    await bench.eject(state);
  });

  it("leaves IPv6 off on a NIC without an IPv6 address", async () => {
    const state = await bench.inject(define({ name: "four", pod: db, addresses: ["192.168.50.23/24"] }));
    expect(addressesOf(linkNamed(await bench.linksIn("db"), state.interfaceName))).to.deep.equal(["192.168.50.23/24"]);
    await bench.eject(state);
  });

  it("makes one NIC with the same identity when it is repeated", async () => {
    const definition = define({ name: "twice", pod: db, addresses: ["192.168.50.24/24"] });
    const first = await bench.inject(definition);
    const index = linkNamed(await bench.linksIn("db"), first.interfaceName)?.ifindex;
    const second = await bench.inject(definition);
    expect(second).to.deep.equal(first);
    const links = (await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined);
    expect(links.map(({ ifindex }) => ifindex)).to.deep.equal([index]);
    await bench.eject(first);
  });

  it("changes addresses and MTU on the existing link", async () => {
    const first = await bench.inject(
      define({ name: "edited", pod: db, addresses: ["192.168.50.25/24", "192.168.50.26/24"] }),
    );
    const before = linkNamed(await bench.linksIn("db"), first.interfaceName);
    await bench.inject(define({ name: "edited", pod: db, addresses: ["192.168.50.26/24", "fd50::26/64"], mtu: 1300 }));
    const after = linkNamed(await bench.linksIn("db"), first.interfaceName);
    expect(after?.ifindex).to.equal(before?.ifindex);
    expect(after?.mtu).to.equal(1300);
    expect(addressesOf(after))
      .to.include.members(["192.168.50.26/24", "fd50::26/64"])
      .and.not.include("192.168.50.25/24");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.26")).to.equal(true);
    expect(await answersPing(bench.lab, "lan1", "fd50::26")).to.equal(true);

    const third = await bench.inject(define({ name: "edited", pod: db, addresses: ["192.168.50.26/24"], mtu: 1300 }));
    expect(addressesOf(linkNamed(await bench.linksIn("db"), first.interfaceName))).to.deep.equal(["192.168.50.26/24"]);
    await bench.eject(third);
  });

  it("removes fields from the record that somebody else has added", async () => {
    const declared = define({ name: "edited", pod: db, addresses: ["192.168.50.18/24"] });
    const known = await bench.inject(declared);
    const specOf = async () =>
      (JSON.parse(await bench.kubectl("get", "vnic", "edited", "-o", "json")) as VnicRecord).spec;
    const before = await specOf();
    await bench.kubectl("patch", "vnic", "edited", "--type=merge", "-p", `{"spec":{"mtu":1400}}`);
    expect(await specOf()).to.have.property("mtu", 1400);
    const state = await bench.inject(declared, { known });
    expect(await specOf()).to.deep.equal(before);
    await bench.eject(state);
  });

  it("serves several Vnics of two nodes at a time, two of them in one pod, with one session for each node", async () => {
    const web = { namespace, name: "web" };
    const definitions = [
      define({ name: "many-1", pod: db, addresses: ["192.168.50.31/24"] }),
      define({ name: "many-2", pod: db, addresses: ["192.168.50.32/24"] }),
      define({ name: "many-3", pod: web, addresses: ["192.168.50.33/24"] }),
    ];
    const states = await Promise.all(definitions.map((definition) => bench.inject(definition)));
    for (const address of ["192.168.50.31", "192.168.50.32", "192.168.50.33"])
      expect((await askRedis(bench.lab, "lan1", address))[0], address).to.equal("+PONG");
    // Each NIC answers only for its own address.
    expect(await learnedMac(bench.lab, "lan1", "192.168.50.31")).to.equal(states[0]?.mac);
    expect(await learnedMac(bench.lab, "lan1", "192.168.50.32")).to.equal(states[1]?.mac);
    const running = await bench.lab.kubectl([
      "get",
      "jobs",
      "-n",
      "vnic-system",
      "-o",
      "jsonpath={.items[*].status.active}",
    ]);
    expect(running.stdout.split(" ").filter(Boolean).length).to.be.at.most(2);
    await Promise.all(states.map((state) => bench.eject(state)));
  });

  it("waits for a pending pod, and reports that", async () => {
    const release = await holdPod(bench, "late", "node3");
    bench.shown.length = 0;
    const injecting = bench.inject(
      define({ name: "early", pod: { namespace, name: "late" }, addresses: ["192.168.50.34/24"] }),
    );
    injecting.catch(() => undefined);
    await until("the injection to wait", 180, () => bench.shown.some((text) => text.includes("waiting")) || undefined);
    await release();
    const state = await injecting;
    expect(await answersPing(bench.lab, "lan1", "192.168.50.34")).to.equal(true);
    expect(bench.shown.join("\n")).to.match(
      /waiting for pod inject\/late to run: .*\n(.*\n)*starting an injection session on node node3/,
    );
    await bench.eject(state);
  });
});
