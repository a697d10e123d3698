import { expect } from "chai";
import { providerPart } from "../../provider/model/platform/provider.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, kubectl, providerKubeconfig } from "../support/cluster.ts";
import { assertNoLeaks, assertNoVnics } from "../support/leaks.ts";
import { openBench } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing, askRedis } from "../support/outside.ts";
import { type DeclaredVnic, Stack, type StoredResource } from "../support/stack.ts";

/** A Vnic as the tests' program declares it. */
function declared(resource: string, pod: string, addresses: string[], more: object = {}): DeclaredVnic {
  return {
    resource,
    args: { pod: { namespace: "engine", name: pod }, network: { parent: "eth1" }, addresses, ...more },
  };
}

describe("a Vnic under the real engine", () => {
  let kubeconfig: string;
  let stack: Stack;
  const namespace = "engine";
  const bench = useBench({ namespace });

  before(async () => {
    await Promise.all([bench.runPod("db", "node1"), bench.runPod("web", "node2")]);
    kubeconfig = await providerKubeconfig(bench.lab.kubectl);
  });
  beforeEach(async () => {
    stack = await Stack.create({ kubeconfig });
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed") await stack.pulumi("destroy", "--yes", "--skip-preview");
    await stack.remove();
    await assertNoVnics(bench.lab);
  });

  /**
   * All links, addresses and files on all nodes and in both pods, including those that aren't ours; a test must restore
   * all of them.
   */
  async function everything(): Promise<string> {
    const links = ["ip", "-o", "address"];
    const seen = await Promise.all([
      ...bench.lab.nodes.map((node) => bench.lab.exec(node as "node1", links)),
      ...bench.lab.nodes.map((node) => bench.lab.exec(node as "node1", ["find", "/var/lib/pulumi-vnic", "-type", "f"])),
    ]);
    const pods = await Promise.all(["db", "web"].map((pod) => bench.kubectl("exec", pod, "--", "ip", "-o", "address")));
    // Removes a flag of the lab's own links that disappears when their duplicate address detection ends.
    return [...seen.map(({ stdout }) => stdout), ...pods].join("\n").replaceAll(" tentative", "");
  }

  async function stored(): Promise<StoredResource> {
    const [vnic, ...more] = await stack.vnics();
    expect(more).to.deep.equal([]);
    if (!vnic) throw new Error("no Vnic is in state");
    return vnic;
  }

  it("2, 3, 17: is created twice on pods of two nodes, is reached from outside, and is gone without a trace after destroy", async () => {
    const before = await everything();
    await stack.declare([
      declared("db-wire", "db", ["192.168.50.80/24", "fd50::80/64"]),
      declared("web-wire", "web", ["192.168.50.81/24"], { interfaceName: "lan0", mac: "02:00:5E:00:00:81", mtu: 1400 }),
    ]);
    const said = await stack.up();
    expect(said, "progress on the resource's own row").to.match(
      /Vnic db-wire .*starting an injection session on node node1/,
    );
    expect(await askRedis(bench.lab, "lan1", "192.168.50.80")).to.include("+PONG");
    expect(await askRedis(bench.lab, "lan2", "fd50::80")).to.include("+PONG");
    expect(await askRedis(bench.lab, "lan2", "192.168.50.81")).to.include("+PONG");

    const [db, web] = await stack.vnics();
    expect(db).to.deep.include({ type: "pulumi-nodejs:dynamic/vnic:Vnic", id: "engine/db-wire" });
    expect(web?.outputs).to.deep.include({ mac: "02:00:5e:00:00:81", interfaceName: "lan0", node: "node2", mtu: 1400 });

    expect(await stack.up("--expect-no-changes")).to.match(/3 unchanged/);
    await stack.destroy();
    await assertNoLeaks(bench.lab);
    expect(await everything()).to.equal(before);
  });

  it("1, 10: is planned before anything is touched, with exact inputs, and all invalid inputs at once by property path", async () => {
    await stack.declare([declared("wire", "no-such-pod", ["192.168.50.82/24"])]);
    const plan = await stack.must("preview", "--diff");
    expect(plan)
      .to.match(/\+ pulumi-nodejs:dynamic\/vnic:Vnic: \(create\)/)
      .and.match(/mac +: "[0-9a-f:]{17}"/)
      .and.match(/interfaceName: "net\d+"/);
    expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");

    await stack.declare([
      declared("wire", "db", ["192.168.50.0/24", "10.0.0.300/24"], {
        mac: "01:00:5e:00:00:01",
        interfaceName: "eth0",
        mtu: 12,
      }),
    ]);
    const { code, stdout, stderr } = await stack.pulumi("preview");
    expect(code).not.to.equal(0);
    for (const property of ["addresses[0]", "addresses[1]", "mac", "interfaceName", "mtu"])
      expect(stdout + stderr).to.include(`property ${property} value`);
  });

  it("is made in the pod with placement direct, and stays as it is when only the placement changes", async () => {
    const nic = async () => (await bench.linksIn("db")).find(({ ifname }) => ifname.startsWith("net"));
    await stack.declare([declared("wire", "db", ["192.168.50.84/24"], { placement: "direct" })]);
    await stack.up();
    expect(await answersPing(bench.lab, "lan1", "192.168.50.84")).to.equal(true);
    const before = await nic();
    expect(before?.ifalias).to.equal(`pulumi-vnic.dev/${String((await stored()).outputs?.uid)}`);
    await stack.declare([declared("wire", "db", ["192.168.50.84/24"], { placement: "moved" })]);
    expect(await stack.up()).to.match(/~ 1 updated/);
    expect(await nic()).to.deep.equal(before);
    expect(await bench.kubectl("get", "vnic", "wire", "-o", "jsonpath={.spec.placement}")).to.equal("moved");
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.destroy();
  });

  it("7: leaves nothing in state when it is refused before anything exists", async () => {
    await stack.declare([declared("wire", "no-such-pod", ["192.168.50.85/24"])]);
    const { code, stdout, stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.to.equal(0);
    expect(stdout + stderr).to.include(
      `pod.name: there is no pod "no-such-pod" in namespace "engine"; create it first`,
    );
    expect(await stack.vnics()).to.deep.equal([]);
  });

  it("6: stays in state with its id and the reasons when it fails after something exists, and is completed by the next up", async () => {
    await stack.declare([declared("wire", "db", ["192.168.50.86/24"])]);
    const role = (providerPart() as { kind: string; rules?: { resources: string[] }[] }[]).find(
      ({ kind }) => kind === "ClusterRole",
    );
    await applyObjects(bench.lab.kubectl, [
      { ...role, rules: role?.rules?.filter(({ resources }) => !resources.includes("vnics/status")) },
    ]);
    try {
      const { code, stdout } = await stack.pulumi("up", "--yes", "--skip-preview");
      expect(code).not.to.equal(0);
      expect(stdout, stdout).to.match(/cannot patch resource "vnics\/status"/);
    } finally {
      await installPlatform(bench.lab.kubectl);
    }
    const failed = await stored();
    expect(failed.id).to.equal("engine/wire");
    expect(failed.initErrors?.join()).to.match(/cannot patch resource "vnics\/status"/);
    expect(failed.outputs).to.include.keys("uid", "node", "__provider");
    await stack.up();
    const completed = await stored();
    expect(completed.initErrors ?? []).to.deep.equal([]);
    expect(completed.outputs?.uid).to.equal(failed.outputs?.uid);
    expect(
      await bench.kubectl("get", "vnic", "wire", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`),
    ).to.equal("True");
    await stack.destroy();
  });

  it("21: gets other addresses in place, as planned, and is the same Vnic after a rename with an alias", async () => {
    await stack.declare([declared("old", "db", ["192.168.50.83/24"], { name: "wire" })]);
    await stack.up();
    const before = await stored();
    const renamed = (addresses: string[]) => ({
      ...declared("new", "db", addresses, { name: "wire" }),
      options: { aliases: [{ name: "old" }] },
    });
    await stack.declare([renamed(["192.168.50.83/24"])]);
    expect(await stack.up("--expect-no-changes")).to.match(/unchanged/);
    for (const [former, address] of [
      ["192.168.50.83", "192.168.50.84"],
      ["192.168.50.84", "192.168.50.85"],
    ] as const) {
      await stack.declare([renamed([`${address}/24`])]);
      expect(await stack.must("preview", "--diff")).to.include(`~ [0]: "${former}/24" => "${address}/24"`);
      await stack.up();
      expect(await answersPing(bench.lab, "lan1", address)).to.equal(true);
      expect(await answersPing(bench.lab, "lan1", former)).to.equal(false);
    }
    expect((await stored()).outputs?.uid).to.equal(before.outputs?.uid);
    await stack.destroy();
  });

  it("22: is only read by a second stack, and refused to it with the owner's name, until that stack adopts it", async () => {
    const second = await Stack.create({ kubeconfig, name: "second" });
    try {
      const wire = declared("wire", "db", ["192.168.50.93/24"]);
      await stack.declare([wire]);
      await stack.up();
      const version = () => bench.kubectl("get", "vnic", "wire", "-o", "jsonpath={.metadata.resourceVersion}");
      const before = await version();

      await second.declare([{ resource: "seen", get: "engine/wire" }]);
      await second.up();
      expect(await second.output("seen"))
        .to.have.property("addresses")
        .that.deep.equals(["192.168.50.93/24"]);
      await second.destroy();
      expect(await answersPing(bench.lab, "lan1", "192.168.50.93"), "after its reader was destroyed").to.equal(true);

      await second.declare([wire]);
      const { code, stdout } = await second.pulumi("up", "--yes", "--skip-preview");
      expect(code).not.to.equal(0);
      expect(stdout).to.match(/name: Vnic engine\/wire exists already and is declared by urn:pulumi:test::vnic-test::/);
      expect(await second.vnics()).to.deep.equal([]);
      expect(await version()).to.equal(before);

      await second.declare([{ ...wire, args: { ...wire.args, adopt: true } }]);
      await second.up();
      await stack.destroy();
      expect(await answersPing(bench.lab, "lan1", "192.168.50.93"), "after its former owner was destroyed").to.equal(
        true,
      );
      await second.destroy();
    } finally {
      await second.remove();
    }
  });

  it("16: is destroyed when its pod is gone, and when its namespace is gone", async () => {
    await bench.lab.kubectl(["create", "namespace", "engine-gone"]);
    const other = await openBench({ namespace: "engine-gone" });
    await other.runPod("app", "node3");
    await stack.declare([
      {
        resource: "wire",
        args: {
          pod: { namespace: "engine-gone", name: "app" },
          network: { parent: "eth1" },
          addresses: ["192.168.50.92/24"],
        },
      },
    ]);
    await stack.up();
    await kubectl(bench.lab.kubectl, ["delete", "namespace", "engine-gone", "--wait=false"]);
    await until(
      "the pod to be gone",
      240,
      async () => (await bench.lab.kubectl(["get", "pod", "app", "-n", "engine-gone"])).code !== 0 || undefined,
    );
    await stack.destroy();
    await other.close();
  });
});
