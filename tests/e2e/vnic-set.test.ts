import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { applyObjects, providerKubeconfig } from "../support/cluster.ts";
import { agentsReady, answersLeased, type DhcpServer, dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";
import { Stack, type StoredResource } from "../support/stack.ts";
import { workload } from "../support/workloads.ts";

/** Declares the sets in `sets.json`, or reads those that have an ID only. */
const program = `
const { VnicSet } = require("pulumi-vnic");
for (const [name, args] of Object.entries(JSON.parse(require("fs").readFileSync("sets.json", "utf8")))) {
  const set = typeof args === "string" ? VnicSet.get(name, args) : new VnicSet(name, args);
  exports[name] = set.podAddresses;
}
`;

describe("a VnicSet under the real engine", () => {
  let reconciler: Reconciler;
  let stack: Stack;
  let kubeconfig: string;
  const namespace = "engine-sets";
  const bench = useBench({ namespace });
  const lan = { network: { parent: "eth1" } };
  const range = { cidr: "192.168.50.0/24", from: "192.168.50.40", to: "192.168.50.42" };
  const db = { namespace, workload: { kind: "StatefulSet", name: "db" }, template: lan, addresses: [range] };

  before(async () => {
    kubeconfig = await providerKubeconfig(bench.lab.kubectl);
    bench.afterClose(() => removeAgent(bench.lab));
    await installAgent(bench.lab);
    reconciler = await startReconciler(bench.lab);
    bench.beforeClose(() => reconciler.stop());
    stack = await Stack.create({ kubeconfig, program });
    bench.beforeClose(() => stack.remove());
    bench.beforeClose(() => stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  const declare = (sets: object, on = stack) => writeFile(join(on.spawnOptions.cwd, "sets.json"), JSON.stringify(sets));
  const run = (kind: "StatefulSet" | "DaemonSet", name: string, replicas?: number) =>
    applyObjects(bench.lab.kubectl, [workload(kind, namespace, name, replicas)]);
  const stored = async (): Promise<StoredResource> => {
    const [set, ...more] = await stack.vnics("VnicSet");
    if (!set || more.length > 0) throw new Error("state has not just one VnicSet");
    return set;
  };
  const members = async (): Promise<StoredVnic[]> =>
    (JSON.parse(await bench.kubectl("get", "vnics", "-o", "json")) as { items: StoredVnic[] }).items;
  const gone = async () => {
    expect(await members()).to.deep.equal([]);
    expect(await bench.kubectl("get", "vnicsets", "-o", "name")).to.equal("");
  };

  it("is one set with one NIC for each pod after the engine was killed during its creation", async () => {
    await run("StatefulSet", "db", 3);
    await declare({ wires: db });
    const [command = "", ...words] = stack.argv("up", "--yes", "--skip-preview");
    const engine = spawn(command, words, { ...stack.spawnOptions, stdio: "ignore" });
    const ended = new Promise((resolve) => engine.once("close", resolve));
    const uid = await until(
      "its record",
      60,
      async () => {
        const words = ["get", "vnicset", "wires", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"];
        return (await bench.kubectl(...words)) || undefined;
      },
      { brief: true },
    );
    engine.kill("SIGKILL");
    await ended;
    await stack.must("cancel", "--yes");
    await stack.up();
    expect((await stored()).outputs).to.include({ uid, desired: 3, ready: 3 });
    expect(await members()).to.have.length(3);
    expect(await stack.output("wires")).to.deep.equal({
      "db-0": ["192.168.50.40/24"],
      "db-1": ["192.168.50.41/24"],
      "db-2": ["192.168.50.42/24"],
    });
    for (const host of [40, 41, 42]) expect(await answersPing(bench.lab, "lan1", `192.168.50.${host}`)).to.equal(true);
    await stack.up("--expect-no-changes");
  });

  it("is read by its id in a stack that doesn't manage it", async () => {
    const other = await Stack.create({ kubeconfig, program });
    try {
      await declare({ seen: `${namespace}/wires` }, other);
      await other.up();
      expect(await other.output("seen")).to.deep.equal(await stack.output("wires"));
      await other.destroy();
    } finally {
      await other.remove();
    }
    expect(await members()).to.have.length(3);
  });

  it("shows in a refresh what was changed with kubectl, and reverts it at the next up", async () => {
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    const patch = { spec: { template: { mtu: 1400 } } };
    await bench.kubectl("patch", "vnicset", "wires", "--type=merge", "-p", JSON.stringify(patch));
    await until("the NICs to have it", 240, async () =>
      (await members()).every(({ status }) => status?.interface?.mtu === 1400) ? true : undefined,
    );
    expect(await stack.must("refresh", "--preview-only", "--diff")).to.match(/mtu *: 1400/);
    await stack.up("--refresh");
    expect((await members()).map(({ status }) => status?.interface?.mtu)).to.deep.equal([1500, 1500, 1500]);
    await stack.up("--expect-no-changes");
  });

  it("has the current pods after a refresh", async () => {
    await run("StatefulSet", "db", 2);
    await until("the third pod's Vnic to go", 240, async () => ((await members()).length === 2 ? true : undefined));
    await stack.must("refresh", "--yes", "--skip-preview");
    expect((await stored()).outputs?.["podAddresses"]).to.have.all.keys("db-0", "db-1");
    await stack.up("--expect-no-changes");
  });

  it("stays in state when a pod gets no address, and is completed by the next up with a wider range", async () => {
    await run("StatefulSet", "db", 4);
    // Pods may take longer to start than the short deadline of the update.
    await until("the fourth pod to get none", 240, async () => {
      const messages = await bench.kubectl("get", "vnicset", "wires", "-o", "jsonpath={.status.conditions[*].message}");
      return messages.includes("no address is left for db-3") || undefined;
    });
    await declare({ wires: { ...db, deadlines: { updateSeconds: 15 } } });
    const { code, stdout } = await stack.pulumi("up", "--yes", "--skip-preview", "--refresh");
    expect(code).not.to.equal(0);
    expect(stdout).to.include("no address is left for db-3");
    await declare({ wires: { ...db, addresses: [{ ...range, to: "192.168.50.43" }] } });
    await stack.up();
    expect((await stored()).outputs).to.include({ desired: 4, ready: 4 });
    expect(await answersPing(bench.lab, "lan1", "192.168.50.43")).to.equal(true);
    await stack.destroy();
    await gone();
    expect(await answersPing(bench.lab, "lan1", "192.168.50.40")).to.equal(false);
    await bench.kubectl("delete", "statefulset", "db");
  });

  describe("of a DaemonSet, with DHCP", () => {
    let server: DhcpServer;

    before(async () => {
      server = await dhcpServer({ leaseSeconds: 60 });
      await server.start();
      await agentsReady(bench.lab);
      await run("DaemonSet", "tap");
    });
    after(() => server.close());

    it("has a leased address for the pod of each node, and releases all of them", async () => {
      const workload = { kind: "DaemonSet", name: "tap" };
      await declare({ taps: { namespace, workload, template: { network: { parent: "eth2" } } } });
      await stack.up();
      const given = Object.values((await stack.output("taps")) as Record<string, string[]>).flat();
      expect(given).to.have.length(3);
      for (const address of given) expect(await answersLeased(address), address).to.equal(true);
      // The DHCP server writes its leases to disk once a second.
      await until("the server's note of them", 120, async () => (await server.leases()).size === 3 || undefined);
      expect([...(await server.leases()).values()].sort()).to.deep.equal(
        given.map((address) => address.split("/")[0]).sort(),
      );
      await stack.up("--expect-no-changes");
      await stack.destroy();
      await gone();
      await until("the leases to be released", 120, async () =>
        (await server.leases()).size === 0 ? true : undefined,
      );
      await bench.kubectl("delete", "daemonset", "tap");
    });
  });
});
