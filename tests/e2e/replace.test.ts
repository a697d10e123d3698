import type { ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { until } from "../lab/run.ts";
import { answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";
import type { Stack } from "../support/stack.ts";

/** The arguments of `first` come from `first.json`. A label of `second` has the node of `first`, which a preview doesn't know. */
const program = `
  const { Vnic } = require("pulumi-vnic");
  const { pod, mac } = JSON.parse(require("fs").readFileSync("first.json", "utf8"));
  const network = { parent: "eth1" };
  const first = new Vnic("first", { pod: { namespace: "replace", name: pod }, network, mac, addresses: ["192.168.50.74/24"] });
  new Vnic("second", {
    pod: { namespace: "replace", name: "web" },
    network,
    addresses: ["192.168.50.75/24"],
    labels: { first: first.node },
  });
`;

describe("a change of a Vnic under the real engine", () => {
  const stage = setStage("replace", { db: "node1", web: "node2" });

  it("9, 11: deletes the Vnic before it creates the next one, so that two never hold an address, and updates dependents", async () => {
    const stack = await stage.anotherStack({ program });
    const place = (stack: Stack, first: object) =>
      writeFile(join(stack.folder, "project", "first.json"), JSON.stringify(first));
    const [former, latter] = ["02:00:5e:00:00:74", "02:00:5e:00:01:74"];
    // Five ARP requests are sent a second, and every holder of the address answers each of them.
    let heard = "";
    const asking: ChildProcess[] = [];
    for (let asker = 0; asker < 5; asker++) {
      const arping = stage.bench.lab.spawn("lan1", ["arping", "-b", "-I", "eth0", "192.168.50.74"]);
      arping.stdout?.on("data", (chunk: Buffer) => (heard += chunk.toString()));
      asking.push(arping);
      await sleep(200);
    }
    const holders = () => [...heard.matchAll(/reply from \S+ \[(.*?)\]/g)].map(([, mac = ""]) => mac.toLowerCase());
    const awaitAnswer = (mac: string) => until(`${mac} to answer`, 120, () => holders().at(-1) === mac || undefined);
    try {
      await place(stack, { pod: "db", mac: former });
      expect(await stack.must("preview", "--diff")).to.match(/first: +\[unknown\]/);
      await stack.up();
      await awaitAnswer(former);
      await place(stack, { pod: "web", mac: latter });
      const plan = await stack.must("preview");
      expect(plan)
        .to.match(/1 to replace/)
        .and.match(/1 to update/);
      await stack.up();
      await awaitAnswer(latter);

      const turns = holders().filter((mac, index, all) => mac !== all[index - 1]);
      expect(turns, "who answered, in turn").to.deep.equal([former, latter]);
      expect(await stage.bench.kubectl("get", "vnic", "second", "-o", "jsonpath={.metadata.labels.first}")).to.equal(
        "node2",
      );
      await stack.up("--expect-no-changes");
    } finally {
      asking.forEach((arping) => arping.kill());
      await stack.pulumi("destroy", "--yes", "--skip-preview");
      await stack.remove();
    }
  });

  it("keeps a TCP connection over an unchanged address during a change in place", async () => {
    await stage.stack.declare([stage.declared("wire", "db", ["192.168.50.76/24", "192.168.50.77/24"])]);
    await stage.stack.up();
    const talk = `n=0; while :; do printf 'ECHO %s\\r\\n' $n; n=$((n+1)); sleep 0.05; done | busybox nc 192.168.50.76 6379`;
    const talking = stage.bench.lab.spawn("lan1", ["sh", "-c", talk]);
    let ended = false;
    let last = -1;
    talking.once("exit", () => (ended = true));
    talking.stdout?.on("data", (chunk: Buffer) => (last = Number(/^(\d+)\r$/m.exec(chunk.toString())?.[1] ?? last)));
    const goesOn = async () => {
      const before = last;
      await until("the next answer over the connection", 120, () => last > before || undefined);
    };
    try {
      await goesOn();
      for (const changed of [
        { addresses: ["192.168.50.78/24", "192.168.50.76/24"], more: { mtu: 1400 } },
        { addresses: ["192.168.50.76/24", "fd50::76/64"], more: { labels: { tier: "data" } } },
      ]) {
        await stage.stack.declare([stage.declared("wire", "db", changed.addresses, changed.more)]);
        await stage.stack.up();
        await goesOn();
      }
      expect(ended, "the one connection").to.equal(false);
    } finally {
      talking.kill("SIGKILL");
    }
    await stage.stack.destroy();
  });

  it("12, 13: that was made by hand, or a deletion, is shown in a refresh, and is reverted by the next up", async () => {
    const { bench, stack } = stage;
    const inPodOfLan0 = (command: string) =>
      bench.lab.exec("node1", [
        "sh",
        "-c",
        `for n in /run/netns/*; do nsenter --net=$n ip ${command} 2>/dev/null; done; true`,
      ]);
    /** What a refresh would change. */
    const seen = async () => {
      const { code, stdout } = await stack.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes");
      expect(code, stdout).not.to.equal(0);
      return stdout;
    };
    await stack.declare([stage.declared("wire", "db", ["192.168.50.79/24"], { interfaceName: "lan0" })]);
    await stack.up();
    await inPodOfLan0("address add 192.168.50.78/24 dev lan0");
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(await seen()).to.include("192.168.50.78/24");
    await stack.up("--refresh");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.78")).to.equal(false);
    await stack.up("--refresh", "--expect-no-changes");

    await inPodOfLan0("link del lan0");
    await seen();
    await stack.up("--refresh");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.79")).to.equal(true);
    await stack.destroy();
  });

  it("14: follows a replaced pod with a refresh, and not without one, and destroys the Vnic when the pod is gone", async () => {
    await stage.bench.runPod("moved", "node1");
    await stage.stack.declare([stage.declared("wire", "moved", ["192.168.50.79/24"])]);
    await stage.stack.up();
    const before = (await stage.stored()).outputs?.["uid"];
    await stage.bench.kubectl("delete", "pod", "moved", "--wait=true");
    await stage.bench.runPod("moved", "node3");
    await stage.stack.up("--expect-no-changes");
    expect(await answersPing(stage.bench.lab, "lan1", "192.168.50.79"), "nobody has looked").to.equal(false);
    expect(await stage.stack.must("preview", "--refresh")).to.match(/1 to update/);
    await stage.stack.up("--refresh");
    expect(await answersPing(stage.bench.lab, "lan1", "192.168.50.79")).to.equal(true);
    expect((await stage.stored()).outputs).to.include({ uid: before, node: "node3" });

    await stage.bench.kubectl("delete", "pod", "moved", "--wait=true");
    await stage.stack.must("refresh", "--yes", "--skip-preview");
    const { code, stdout } = await stage.stack.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.to.equal(0);
    expect(stdout).to.include(`pod.name: there is no pod "moved" in namespace "replace"; create it first`);
    await stage.stack.destroy();
  });
});
