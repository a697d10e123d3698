import { expect } from "chai";
import { apiVersion, systemNamespace } from "../../provider/model/names.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { platformManifests } from "../../provider/model/platform/platform.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { Lab } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import { applyObjects, installPlatform, kubectl } from "../support/cluster.ts";
import { runCommand } from "../support/command-line.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

describe("pulumi-vnic uninstall", () => {
  let lab: Lab;
  const namespace = "uninstall";
  const bench = useBench({ namespace });

  before(async () => {
    lab = bench.lab;
    bench.beforeClose(() => installPlatform(lab.kubectl));
    await bench.runPod("db", "node1");
  });

  const run = (...argv: string[]) => runCommand(["uninstall", ...argv], { kubeconfig: lab.kubeconfig });
  /** The installed objects that still exist. */
  const ours = async () => {
    const list = { apiVersion: "v1", kind: "List", items: platformManifests({ image: defaultImage }) };
    return kubectl(lab.kubectl, ["get", "--ignore-not-found", "-o", "name", "-f", "-"], JSON.stringify(list));
  };

  it("does nothing and names the records while some exist, and removes them first when requested, without a trace", async () => {
    const state = await bench.inject(
      define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.64/24"] }),
    );
    const network = { apiVersion, kind: "VnicNetwork", metadata: { name: "uninstall-lan" }, spec: { parent: "eth1" } };
    const pod = { name: "nobody" };
    const waits = {
      apiVersion,
      kind: "Vnic",
      metadata: { namespace, name: "waits" },
      spec: { pod, network: { parent: "eth1" } },
    };
    await applyObjects(lab.kubectl, [network, waits]);
    await installPlatform(lab.kubectl, ["policies", "agent"]);

    const refused = await run();
    expect(refused.code).to.equal(3);
    for (const words of [
      `Vnic ${namespace}/wire`,
      `Vnic ${namespace}/waits`,
      "VnicNetwork uninstall-lan",
      "--delete-records",
    ])
      expect(refused.stdout).to.include(words);
    expect((await bench.linksIn("db")).some(({ ifname }) => ifname === state.interface?.name)).to.equal(true);

    const done = await run("--delete-records");
    expect(done.stderr).to.equal("");
    expect(done.code).to.equal(0);
    expect((await bench.linksIn("db")).some(({ ifname }) => ifname === state.interface?.name)).to.equal(false);
    expect(await ours()).to.equal("");
    expect((await lab.kubectl(["get", "namespace", systemNamespace])).code).to.not.equal(0);
    for (const node of nodes) expect((await lab.exec(node, ["ls", "-A", stateDirectory])).stdout).to.equal("");

    const again = await run();
    expect([again.code, again.stderr]).to.deep.equal([0, ""]);
  });
});
