import { expect } from "chai";
import { apiVersion, linkAlias } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import type { Node } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { applyObjects } from "../support/cluster.ts";
import { ipBeside, killContainer, killSandbox, pauseKubelet, rebootNode } from "../support/damage.ts";
import type { PodLink } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing, learnedMac } from "../support/outside.ts";
import { PingStream } from "../support/ping-stream.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

describe("the reconciler heals", () => {
  let reconciler: Reconciler;
  const namespace = "heals";
  const bench = useBench({ namespace });
  const address = "192.168.50.61";
  const resyncSeconds = 10;

  before(async () => {
    reconciler = await startReconciler(bench.lab, { resyncSeconds });
    bench.beforeClose(() => reconciler.stop());
  });
  beforeEach(async () => {
    // The node may have been considered lost in the meantime.
    await until("node1 to be there", 300, async () => (await isReady("node1")) || undefined);
    await bench.runPod("db", "node1");
    await declare("wire", "db", address);
  });
  afterEach(async () => {
    await bench.kubectl("delete", "vnics", "--all", "--timeout=300s");
    await bench.kubectl("delete", "pods", "--all", "--timeout=300s");
  });

  async function declare(name: string, pod: string, host: string): Promise<void> {
    const spec = { pod: { name: pod }, network: { parent: "eth1" }, addresses: [`${host}/24`] };
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name }, spec }]);
    await bench.kubectl("wait", "--for=condition=Ready", `vnic/${name}`, "--timeout=300s");
    await answers(host);
  }
  const record = async (): Promise<StoredVnic> =>
    JSON.parse(await bench.kubectl("get", "vnic", "wire", "-o", "json")) as StoredVnic;
  const nic = async (): Promise<PodLink | undefined> => {
    const alias = linkAlias((await record()).metadata.uid);
    return (await bench.linksIn("db")).find(({ ifalias }) => ifalias === alias);
  };
  /** The NIC may answer a little before its record is written. */
  const recordSays = (node: Node) =>
    bench.kubectl("wait", `--for=jsonpath={.status.node}=${node}`, "vnic/wire", "--timeout=300s");
  /** Checks only for one second, because a NIC that is being repaired is unreachable only briefly. */
  const answersNow = (host: string) => answersPing(bench.lab, "lan1", host, 1);
  const answers = (host = address) =>
    until(`${host} to answer`, 180, async () => ((await answersNow(host)) ? true : undefined));
  const isSilent = () =>
    until(`${address} to be silent`, 180, async () => ((await answersNow(address)) ? undefined : true), {
      brief: true,
    });

  /** Causes the damage, waits until the address was unreachable and answers again, and reports how long that took. */
  async function timed(what: string, damage: () => Promise<unknown>): Promise<void> {
    const pings = new PingStream(bench.lab, "lan1", address);
    try {
      await pings.begun();
      await damage();
      const began = Date.now();
      await until(`${address} to be silent and to answer again`, 300, () => pings.hasRecovered || undefined);
      console.log(`      ${what}: answers again ${((Date.now() - began) / 1000).toFixed(1)} s after`);
    } finally {
      await pings.stop();
    }
  }

  it("a pod that was recreated with its name on another node, with the same MAC and address", async () => {
    const before = await nic();
    await timed("the new pod runs", async () => {
      await bench.kubectl("delete", "pod", "db", "--wait=true");
      await bench.runPod("db", "node2");
    });
    expect(await nic()).to.include({ ifname: before?.ifname, address: before?.address });
    await recordSays("node2");
    await until("the file to go", 180, async () => (await filesOn("node1")).length === 0 || undefined);
  });

  it("a pod whose sandbox was recreated with the same UID", async () => {
    const { status } = await record();
    await timed("the sandbox died", () => killSandbox(bench.lab, "node1", status?.pod?.sandboxId ?? ""));
    const podOf = async () => (await record()).status?.pod;
    await until("the record to have the new sandbox", 180, async () =>
      (await podOf())?.sandboxId === status?.pod?.sandboxId ? undefined : true,
    );
    expect((await podOf())?.uid).to.equal(status?.pod?.uid);
  });

  it("nothing when a container restarts, as the NIC stays", async () => {
    const before = await nic();
    const { status } = await record();
    await killContainer(bench.lab, "node1", status?.pod?.containerId ?? "");
    await until("the new container to be known", 180, async () =>
      (await record()).status?.pod?.containerId === status?.pod?.containerId ? undefined : true,
    );
    expect((await nic())?.ifindex).to.equal(before?.ifindex);
    expect((await record()).status?.pod?.sandboxId).to.equal(status?.pod?.sandboxId);
  });

  it(`a link that was removed by hand, at the next check, here every ${resyncSeconds} s`, async () => {
    const name = (await nic())?.ifname ?? "";
    await timed("the link was removed", () => ipBeside(bench.lab, "node1", name, ["link", "delete", name]));
    expect((await nic())?.ifname).to.equal(name);
  });

  it("a pod whose node restarted", async () => {
    await timed("the node lost power", async () => rebootNode("node1"));
    await recordSays("node1");
  });

  const filesOn = async (node: Node) =>
    (await bench.lab.exec(node, ["find", "/var/lib/pulumi-vnic", "-type", "f"])).stdout.split("\n").filter(Boolean);
  const isReady = async (node: Node) =>
    /=True/.test(
      await bench.kubectl(
        ...["get", "node", node, "--ignore-not-found"],
        ...["-o", `jsonpath={range .status.conditions[?(@.type=="Ready")]}={.status}{end}`],
      ),
    );
  const nodeReady = (node: Node, value = "True") =>
    bench.kubectl("wait", `--for=condition=Ready=${value}`, `node/${node}`, "--timeout=300s");

  it("a node's remains of a Vnic without a record, when it next works there", async () => {
    const wire = (await record()).metadata.name;
    await bench.kubectl("patch", "vnic", wire, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
    await bench.kubectl("delete", "vnic", wire);
    // The reconciler may sweep the node at any check as well.
    await declare("other", "db", "192.168.50.63");
    await isSilent();
    await until("the file to go", 180, async () => (await filesOn("node1")).length === 1 || undefined);
  });

  it("a Vnic whose record was restored from a backup, while its pod still has the NIC of the former record", async () => {
    const { uid, resourceVersion: _, ...metadata } = (await record()).metadata;
    const { kind, spec } = await record();
    await bench.kubectl("patch", "vnic", "wire", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
    await bench.kubectl("delete", "vnic", "wire");
    const restored = { apiVersion, kind, metadata: { ...metadata, managedFields: undefined }, spec };
    await applyObjects(bench.lab.kubectl, [restored]);
    await bench.kubectl("wait", "--for=condition=Ready", "vnic/wire", "--timeout=300s");
    await answers();
    expect(await nic()).to.include({ address: spec.mac ?? (await record()).status?.interface?.mac });
    const former = (await bench.linksIn("db")).filter(({ ifalias }) => ifalias === linkAlias(uid));
    expect(former).to.deep.equal([]);
    expect(await filesOn("node1")).to.have.length(1);
  });

  it("a pod whose node is lost, only after an administrator's confirmation, and gives its address to nobody before", async () => {
    const mac = (await nic())?.address;
    await bench.runPod("other", "node1");
    await declare("spare", "other", "192.168.50.62");
    await pauseKubelet(bench.lab, "node1");
    // The session of the last change is still open, and goes silent with this request.
    await bench.kubectl("patch", "vnic", "spare", "--type=merge", "--patch", JSON.stringify({ spec: { mtu: 1400 } }));
    await nodeReady("node1", "Unknown");
    // A forced deletion lets the controller create the next pod while the first one is still running.
    await bench.kubectl("delete", "pod", "db", "other", "--force", "--grace-period=0");
    await bench.runPod("db", "node2");
    const why = /node node1 isn't ready \(.*can't be removed from it; .* delete the Node object/;
    await until(
      "the record to say why not",
      180,
      async () =>
        (await record()).status?.conditions.some(({ type, message }) => type === "Ready" && why.test(message)) ||
        undefined,
    );
    expect(await nic(), "a second NIC").to.equal(undefined);
    expect(await answersPing(bench.lab, "lan1", address), "the first one").to.equal(true);
    expect(await learnedMac(bench.lab, "lan1", address)).to.equal(mac);

    await timed("the Node object was deleted", async () => {
      // Before its kubelet runs again, which makes a Node object only when it starts.
      await bench.kubectl("delete", "node", "node1");
      rebootNode("node1");
    });
    await recordSays("node2");
    await bench.kubectl("delete", "vnic", "spare", "--timeout=300s");
  });

  it("the remains of Vnics on a node that returns after it was given up", async () => {
    // Only the file of the new Vnic is left; those of the lost Vnics were removed when the node's session began.
    await until("node1 to be swept", 180, async () => (await filesOn("node1")).length === 1 || undefined);
  });
});
