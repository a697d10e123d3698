import { expect } from "chai";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { transitLinkName } from "../../provider/model/names.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { kubectl } from "../support/cluster.ts";
import { remainsOnNodes } from "../support/leaks.ts";
import { define, openBench } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

describe("eject", () => {
  const namespace = "eject";
  const bench = useBench({ namespace });

  beforeEach(() => bench.runPod("db", "node1"));
  afterEach(async () => {
    expect(await remainsOnNodes(bench.lab), "what is left on the nodes").to.deep.equal([]);
    expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");
  });

  const wire = (): Promise<VnicState> =>
    bench.inject(define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.40/24"] }));

  it("removes the NIC from a running pod", async () => {
    const state = await wire();
    const before = await bench.kubectl("get", "pod", "db", "-o", "jsonpath={.status.containerStatuses[0].containerID}");
    await bench.eject(state);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.40")).to.equal(false);
    expect((await bench.linksIn("db")).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
    expect(
      await bench.kubectl("get", "pod", "db", "-o", "jsonpath={.status.containerStatuses[0].containerID}"),
    ).to.equal(before);
  });

  it("waits for the pod's end when the deletion policy is waitForPod, and continues after its deadline passed", async () => {
    const state = await bench.inject(
      define({
        ...{ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.40/24"] },
        deletionPolicy: "waitForPod",
      }),
    );
    const remembered = { uid: state.uid, node: state.node, podName: "db" };
    const late = await eject(bench.driver, vnicRef(state), remembered, new Deadline("ejecting", 1)).catch(String);
    expect(late).to.match(/not done within 1 s; still waiting for pod eject\/db to terminate/);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.40")).to.equal(true);
    await bench.kubectl("delete", "pod", "db", "--wait=true");
    await bench.eject(state);
  });

  it("succeeds again when nothing is left", async () => {
    const state = await wire();
    await bench.eject(state);
    await bench.eject(state);
  });

  it("succeeds when the pod is gone", async () => {
    const state = await wire();
    await bench.kubectl("delete", "pod", "db", "--wait=true");
    await bench.eject(state);
  });

  it("leaves a new pod of the same name alone", async () => {
    const state = await wire();
    await bench.kubectl("delete", "pod", "db", "--wait=true");
    await bench.runPod("db", "node2");
    await bench.eject(state);
    expect((await bench.linksIn("db")).map(({ ifname }) => ifname)).to.deep.equal(["lo", "eth0"]);
    await bench.kubectl("delete", "pod", "db", "--wait=true");
  });

  it("succeeds when somebody has deleted the link by hand", async () => {
    const state = await wire();
    await inPod("ip", "link", "del", state.interfaceName);
    await bench.eject(state);
  });

  it("finds the link in the running pod when the resource file is lost", async () => {
    const state = await wire();
    await bench.lab.exec("node1", ["rm", `${stateDirectory}/vnics/${state.uid}.json`]);
    await bench.eject(state);
  });

  it("sets an unreadable resource file aside, and still removes the link", async () => {
    const state = await wire();
    const path = `${stateDirectory}/vnics/${state.uid}.json`;
    await bench.lab.exec("node1", ["tee", path], { input: `{"schemaVersion":99}` });
    await bench.eject(state);
    const { stdout } = await bench.lab.exec("node1", ["sh", "-c", `ls ${path}.unreadable-*`]);
    expect(stdout.trim().split("\n")).to.have.length(1);
    await bench.lab.exec("node1", ["rm", stdout.trim()]);
  });

  it("removes a link that is still in the node's network namespace", async () => {
    const state = await wire();
    await inPod("ip", "link", "del", state.interfaceName);
    await bench.lab.exec("node1", [
      "ip",
      "link",
      "add",
      "link",
      "eth1",
      "name",
      transitLinkName(state.uid),
      "type",
      "macvlan",
    ]);
    await bench.eject(state);
  });

  it("cleans node and pod from the state when the record is lost", async () => {
    const state = await wire();
    await bench.kubectl("patch", "vnic", "wire", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
    await bench.kubectl("delete", "vnic", "wire");
    await bench.eject(state);
  });

  it("leaves a new record of another owner with the same name alone", async () => {
    const state = await wire();
    await bench.eject(state);
    const other = await bench.inject(
      define({
        name: "wire",
        pod: { namespace, name: "db" },
        addresses: ["192.168.50.41/24"],
        declaredBy: "urn:other",
      }),
    );
    await bench.eject(state);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.41")).to.equal(true);
    await bench.eject(other);
  });

  it("completes when the Node object is gone for good", async () => {
    await bench.kubectl("delete", "pod", "db", "--wait=true");
    await bench.runPod("lost", "node3");
    const state = await bench.inject(
      define({ name: "lost", pod: { namespace, name: "lost" }, addresses: ["192.168.50.42/24"] }),
    );
    // No node has that name, as after the Node object was deleted.
    await bench.kubectl("annotate", "vnic", "lost", "--overwrite", "pulumi-vnic.dev/node=node9");
    await bench.eject({ ...state, node: "node9" });
    expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");
    // Simulate that the node came back: its remains are removed with the pod and a last eject.
    await bench.eject(state);
    await bench.kubectl("delete", "pod", "lost", "--wait=true");
  });

  it("completes while the namespace is being deleted, which can then end", async () => {
    const other = await openBench({ namespace: "eject-gone" });
    await other.runPod("db", "node2");
    const state = await other.inject(
      define({ name: "wire", pod: { namespace: "eject-gone", name: "db" }, addresses: ["192.168.50.43/24"] }),
    );
    await kubectl(bench.lab.kubectl, ["delete", "namespace", "eject-gone", "--wait=false"]);
    await other.eject(state);
    await other.close();
    expect(
      await kubectl(bench.lab.kubectl, ["get", "namespace", "eject-gone", "--ignore-not-found", "-o", "name"]),
    ).to.equal("");
    await other.eject(state);
  });

  /** Runs a command in the pod's network namespace on node1. */
  async function inPod(...argv: string[]): Promise<void> {
    const { stdout } = await bench.lab.exec("node1", [
      "sh",
      "-c",
      `for n in /run/netns/*; do nsenter --net=$n ip link show ${argv.at(-1)} >/dev/null 2>&1 && echo $n; done`,
    ]);
    const { code, stderr } = await bench.lab.exec("node1", ["nsenter", `--net=${stdout.trim()}`, ...argv]);
    expect(code, stderr).to.equal(0);
  }
});
