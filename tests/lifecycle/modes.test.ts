import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import type { Mode } from "../../provider/model/network/mode.ts";
import { hostSideName, linkAlias } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { addLanBridge, addLanNic } from "../support/lan-nic.ts";
import { define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing, askRedis, learnedMac } from "../support/outside.ts";

describe("network modes", () => {
  const namespace = "modes";
  const bench = useBench({ namespace });
  const db = { namespace, name: "db" };

  before(async () => {
    await Promise.all(["db", "web"].map((name) => bench.runPod(name, "node1")));
    bench.afterClose(await addLanNic("node1", "eth7"));
    bench.afterClose(await addLanBridge("node1", "br7", "eth8"));
  });

  const onNode = async (...words: string[]) => {
    const { code, stdout, stderr } = await bench.lab.exec("node1", ["ip", ...words]);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const linkNames = async () =>
    (JSON.parse(await onNode("-j", "link")) as NodeLink[]).map(({ ifname }) => ifname).sort();
  const nodeLink = async (name: string) =>
    (JSON.parse(await onNode("-j", "-d", "link")) as NodeLink[]).find(({ ifname }) => ifname === name);
  interface NodeLink {
    readonly ifname: string;
    readonly address: string;
    readonly mtu: number;
    readonly flags: readonly string[];
    readonly ifalias?: string;
    readonly master?: string;
  }

  const define1 = (mode: Mode, parent: string, host: number, given: Record<string, unknown> = {}) =>
    define({
      name: mode,
      pod: db,
      network: { mode, parent },
      addresses: [`192.168.50.${host}/24`, `fd50::${host}/64`],
      interfaceName: "lan0",
      ...given,
    });

  const cases: [mode: Mode, parent: string, host: number, placement: "moved" | "direct"][] = [
    ["macvlan-private", "eth1", 60, "moved"],
    ["bridge", "br7", 61, "moved"],
    ["host-device", "eth7", 62, "moved"],
    ["macvlan", "eth1", 58, "direct"],
    ["bridge", "br7", 59, "direct"],
  ];
  for (const [mode, parent, host, placement] of cases)
    it(`${mode}, ${placement}: outside hosts reach the pod, a second injection changes nothing, and nothing stays behind`, async () => {
      const before = await linkNames();
      const definition = define1(mode, parent, host, { placement });
      const state = await bench.inject(definition);

      expect((await askRedis(bench.lab, "lan1", `192.168.50.${host}`))[0]).to.equal("+PONG");
      expect((await askRedis(bench.lab, "lan2", `fd50::${host}`))[0]).to.equal("+PONG");
      expect(await learnedMac(bench.lab, "lan1", `192.168.50.${host}`)).to.equal(state.mac);
      const index = linkNamed(await bench.linksIn("db"), "lan0")?.ifindex;
      expect(await bench.inject(definition, { known: state })).to.deep.equal(state);
      expect(linkNamed(await bench.linksIn("db"), "lan0")?.ifindex).to.equal(index);
      expect(await observe(bench.driver, vnicRef(definition), state)).to.deep.equal(state);

      await bench.eject(state);
      expect(linkNamed(await bench.linksIn("db"), "lan0")).to.equal(undefined);
      expect(await linkNames()).to.deep.equal(before);
    });

  it("macvlan-private: links on the same parent can't reach each other, unlike in macvlan", async () => {
    for (const [mode, sees] of [
      ["macvlan", true],
      ["macvlan-private", false],
    ] as const) {
      const one = await bench.inject(define1(mode, "eth1", 63, { name: "one" }));
      const two = await bench.inject(define1(mode, "eth1", 64, { name: "two", pod: { namespace, name: "web" } }));
      // Without an answer, the program would ask for two minutes.
      const ask = ["timeout", sees ? "30" : "2", "redis-cli", "-h", "192.168.50.64", "ping"];
      const { stdout } = await bench.lab.kubectl(["-n", namespace, "exec", "db", "--", ...ask]);
      expect(stdout.trim() === "PONG", mode).to.equal(sees);
      await bench.eject(one);
      await bench.eject(two);
    }
  });

  it("bridge: the node itself reaches the pod, and both ends are removed with the pod", async () => {
    await bench.runPod("brief", "node1");
    const state = await bench.inject(define1("bridge", "br7", 65, { pod: { namespace, name: "brief" }, mtu: 1300 }));
    const hostSide = hostSideName(state.uid);
    expect(await nodeLink(hostSide)).to.deep.include({ master: "br7", mtu: 1500 });
    expect((await nodeLink("br7"))?.mtu, "the bridge's own MTU").to.equal(1500);
    await onNode("address", "add", "192.168.50.250/24", "dev", "br7");
    expect(await answersPing(bench.lab, "node1", "192.168.50.65")).to.equal(true);
    await onNode("address", "del", "192.168.50.250/24", "dev", "br7");

    await bench.kubectl("delete", "pod", "brief", "--wait=true");
    await until("the host side to go", 180, async () => ((await nodeLink(hostSide)) ? undefined : true));
    await bench.eject(state);
  });

  it("bridge: a NIC whose node's end was removed from the bridge is repaired without a new NIC", async () => {
    const definition = define1("bridge", "br7", 65);
    const state = await bench.inject(definition);
    const index = linkNamed(await bench.linksIn("db"), "lan0")?.ifindex;
    await onNode("link", "set", hostSideName(state.uid), "nomaster");
    await bench.inject(definition, { known: state });
    expect(await nodeLink(hostSideName(state.uid))).to.include({ master: "br7" });
    expect(linkNamed(await bench.linksIn("db"), "lan0")?.ifindex).to.equal(index);
    await bench.eject(state);
  });

  it("host-device: returns the device with its old name, MAC, MTU and state", async () => {
    await onNode("link", "set", "eth7", "mtu", "1450");
    const before = await nodeLink("eth7");
    const state = await bench.inject(define1("host-device", "eth7", 66, { mtu: 1400 }));
    expect(await nodeLink("eth7"), "is in the pod").to.equal(undefined);
    expect(linkNamed(await bench.linksIn("db"), "lan0")).to.include({ address: state.mac, mtu: 1400 });
    const other = define1("host-device", "eth7", 67, { name: "other", pod: { namespace, name: "web" } });
    const error = await bench.inject(other).catch((cause: unknown) => cause as Error);
    expect((error as Error).message).to.match(/network\.parent: there is no interface "eth7" on the node/);

    await bench.eject(state);
    const after = await nodeLink("eth7");
    expect(after).to.deep.include({ address: before?.address, mtu: 1450 });
    expect(after?.flags).to.include("UP");
    expect(after?.ifalias).to.equal(undefined);
    await onNode("link", "set", "eth7", "mtu", "1500");
  });

  it("host-device: renames a device that the kernel returned when the pod died", async () => {
    const state = await bench.inject(define1("host-device", "eth7", 68));
    // This test can't show what the kernel does with hardware: the lab's device is a veth, which would be deleted.
    const [netns] = (await bench.lab.exec("node1", ["sh", "-c", findNetns])).stdout.trim().split("\n");
    const home = ["nsenter", `--net=${netns}`, "ip", "link", "set", "lan0", "netns", "1"];
    const { code, stderr } = await bench.lab.exec("node1", home);
    expect(code, stderr).to.equal(0);
    expect((await nodeLink("lan0"))?.ifalias).to.equal(linkAlias(state.uid));
    await bench.eject(state);
    expect((await nodeLink("eth7"))?.flags).to.include("UP");
  });
  const findNetns = `for n in /run/netns/*; do nsenter --net=$n ip link show lan0 >/dev/null 2>&1 && echo $n; done`;

  it("host-device: refuses the node's own NIC before anything is touched", async () => {
    const error = await bench.inject(define1("host-device", "eth0", 69)).catch((cause: unknown) => cause as Error);
    expect((error as Error).message).to.match(/^network\.parent: eth0 carries the node's own 10\.213\./);
    expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");
  });

  it("bridge: refuses a parent that isn't a bridge, and names existing bridges", async () => {
    const error = await bench.inject(define1("bridge", "eth1", 69)).catch((cause: unknown) => cause as Error);
    expect((error as Error).message).to.match(/^network\.parent: eth1 is no bridge on the node; it has (pods, )?br7/);
  });

  it("find the parent by its MAC or by a subnet", async () => {
    const mac = (await nodeLink("eth7"))?.address ?? "";
    await onNode("address", "add", "192.168.77.1/24", "dev", "eth7");
    for (const parent of [mac, "192.168.77.0/24"]) {
      const state = await bench.inject(define1("macvlan", parent, 69));
      expect(await answersPing(bench.lab, "lan1", "192.168.50.69"), parent).to.equal(true);
      await bench.eject(state);
    }
    await onNode("address", "del", "192.168.77.1/24", "dev", "eth7");
  });

  for (const [what, network, module] of [
    ["ipvlan", { mode: "ipvlan", parent: "eth1" }, "ipvlan"],
    ["a VLAN", { mode: "macvlan", parent: "eth1", vlan: 100 }, "8021q"],
  ] as const)
    it(`require a kernel module for ${what}, and name it when it is missing`, async function () {
      const state = await bench
        .inject(define1("macvlan", "eth1", 69, { network }))
        .catch((error: unknown) => error as Error);
      if (!(state instanceof Error)) {
        expect(await answersPing(bench.lab, "lan1", "192.168.50.69")).to.equal(module === "ipvlan");
        await bench.eject(state);
        return;
      }
      expect(state.message).to.match(new RegExp(`load the kernel module ${module} on the node$`));
      expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");
    });
});
