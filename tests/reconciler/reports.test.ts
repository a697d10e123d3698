import { expect } from "chai";
import { isDeepStrictEqual } from "node:util";
import { apiVersion } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { netnsName } from "../lab/layout.ts";
import { must, until } from "../lab/run.ts";
import { applyObjects } from "../support/cluster.ts";
import { installAgent, removeAgent } from "../support/dhcp.ts";
import { addLanNic } from "../support/lan-nic.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

describe("the node agent reports", function () {
  this.timeout(1_200_000);
  let reconciler: Reconciler;
  let removeParent: () => Promise<void>;
  const namespace = "reports";
  const bench = useBench({ namespace });
  const address = "192.168.50.66";
  const parent = "eth7";

  before(async () => {
    bench.beforeClose(() => removeAgent(bench.lab));
    await installAgent(bench.lab);
    // A check of the node by the reconciler itself would find a missing NIC before the agent reports it.
    reconciler = await startReconciler(bench.lab, { resyncSeconds: 3600 });
    bench.beforeClose(() => reconciler.stop());
    bench.beforeClose(() => bench.kubectl("delete", "vnics", "--all", "--timeout=300s"));
    removeParent = await addLanNic("node1", parent);
    bench.afterClose(() => removeParent());
    await bench.runPod("db", "node1");
    const spec = { pod: { name: "db" }, network: { parent }, addresses: [`${address}/24`] };
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name: "wire" }, spec }]);
    await becomes("Ready", "True", "Attached");
  });

  const record = async () => JSON.parse(await bench.kubectl("get", "vnic", "wire", "-o", "json")) as StoredVnic;
  const condition = async (wanted: string) => (await record()).status?.conditions.find(({ type }) => type === wanted);
  const becomes = (type: string, status: string, reason: string, seconds = 180) =>
    until(`${type} to be ${status}, ${reason}`, seconds, async () => {
      const found = await condition(type);
      return found?.status === status && found.reason === reason ? found : undefined;
    });
  const eventsOf = async (reason: string) => {
    const { items } = JSON.parse(await bench.kubectl("get", "events", "-o", "json")) as {
      items: { reason: string; involvedObject: { kind: string } }[];
    };
    return items.filter((event) => event.reason === reason).map(({ involvedObject }) => involvedObject.kind);
  };
  /** Waits for events about these kinds of objects, which are created after the condition, and expects no others. */
  const expectEvents = async (reason: string, kinds: readonly string[]) => {
    await until(`the events ${reason}`, 180, async () => (await eventsOf(reason)).length >= kinds.length || undefined);
    expect(await eventsOf(reason)).to.have.members([...kinds]);
  };
  const answers = async () => answersPing(bench.lab, "lan1", address);
  const setCable = (state: "up" | "down") =>
    must(["ip", "-n", netnsName("lan"), "link", "set", `node1-${parent}`, state]);
  /** Waits until these are the metrics about this test's Vnic: the reconciler hears of a condition a moment later. */
  const metricsAre = (lines: readonly string[]) =>
    until(`the metrics ${lines.join(", ") || "to have no condition"}`, 180, async () => {
      const own = (await reconciler.metrics()).filter((line) => line.includes('"reports/wire"'));
      return isDeepStrictEqual(own.sort(), [...lines].sort()) || undefined;
    });
  /** The reconciler's log lines about its work. */
  const work = async () => (await reconciler.logs()).filter((line) => line.includes("reports/wire"));

  it("a parent that is without carrier or down, as long as it is, and no driver works on the Vnic in the meantime", async () => {
    const before = await work();
    await setCable("down");
    expect((await becomes("Ready", "False", "ParentDown")).message).to.equal(`${parent} on the node has no carrier`);
    expect(await condition("Attached")).to.include({ status: "True" });
    const down = ["Connected", "Ready"].map(
      (type) => `{vnic="reports/wire",condition="${type}",reason="ParentDown"} 1`,
    );
    await metricsAre(down.map((labels) => `vnic_condition_false${labels}`));
    expect(await reconciler.metrics()).to.include("vnic_leading 1");
    expect((await reconciler.metrics()).join("\n")).to.match(/^vnic_session_start_seconds_count [1-9]/m);
    await setCable("up");
    await becomes("Ready", "True", "Attached");
    await metricsAre([]);

    await bench.lab.exec("node1", ["ip", "link", "set", parent, "down"]);
    expect((await becomes("Ready", "False", "ParentDown")).message).to.equal(`${parent} on the node is down`);
    await expectEvents("ParentDown", ["Vnic", "Pod", "Vnic", "Pod"]);
    await bench.lab.exec("node1", ["ip", "link", "set", parent, "up"]);
    await becomes("Connected", "True", "ParentUp");
    await becomes("Ready", "True", "Attached");
    await until("an answer", 180, async () => (await answers()) || undefined);
    expect(await work()).to.deep.equal(before);
  });

  it("a parent that is gone with the NIC, which the reconciler makes again when the parent is back", async () => {
    await removeParent();
    expect((await becomes("Connected", "False", "ParentMissing")).message).to.include(`no interface "${parent}"`);
    expect(await condition("Ready")).to.include({ status: "False", reason: "ParentMissing" });
    expect(await condition("Attached")).to.include({ status: "False" });
    removeParent = await addLanNic("node1", parent);
    await becomes("Ready", "True", "Attached");
    await expectEvents("InterfaceMissing", ["Vnic", "Pod"]);
    await until("an answer", 180, async () => (await answers()) || undefined);
  });

  it("another host that takes the address, with its MAC, while the NIC keeps working", async () => {
    const { status } = await record();
    const mac = status?.interface?.mac ?? "";
    // From now on, a host may get either answer; a host that has cached the Vnic's MAC keeps using it.
    const known = [address, "lladdr", mac, "dev", "eth0"];
    await bench.lab.exec("lan1", ["ip", "neigh", "replace", ...known, "nud", "permanent"]);
    const { stdout } = await bench.lab.exec("lan2", ["ip", "-j", "link", "show", "eth0"]);
    const [rival] = JSON.parse(stdout) as { address: string }[];
    await bench.lab.exec("lan2", ["ip", "address", "add", `${address}/32`, "dev", "eth0"]);
    try {
      const { message } = await becomes("AddressesUnique", "False", "AddressConflict", 300);
      expect(message).to.include(address).and.include(rival?.address);
      await expectEvents("AddressConflict", ["Vnic", "Pod"]);
      expect(await condition("Ready")).to.include({ status: "True", reason: "Attached" });
      expect(await answers()).to.equal(true);
    } finally {
      await bench.lab.exec("lan2", ["ip", "address", "del", `${address}/32`, "dev", "eth0"]);
      await bench.lab.exec("lan1", ["ip", "neigh", "del", ...known]);
    }
    await becomes("AddressesUnique", "True", "NoConflict", 300);
  });
});
