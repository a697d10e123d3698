import { expect } from "chai";
import { appPod, up, type Lab } from "./index.ts";
import { findInit } from "./processes.ts";
import { until } from "./run.ts";

describe("the lab", function () {
  this.timeout(15 * 60_000); // the first start builds Kubernetes
  const namespace = `lab-test-${process.pid}`;
  let lab: Lab;

  before(async () => {
    lab = await up();
    await apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: restricted } },
      appPod({ namespace, name: "one", node: "node1" }),
      appPod({ namespace, name: "two", node: "node2" }),
    );
    await kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=300s");
  });

  after(async () => {
    await kubectl("delete", "namespace", namespace, "--wait=true");
  });

  it("is the same lab when it is started twice", async () => {
    const before = lab.nodes.map((node) => findInit(node as "node1"));
    await up();
    expect(lab.nodes.map((node) => findInit(node as "node1"))).to.deep.equal(before);
  });

  it("lets a pod reach a pod of another node over the cluster network", async () => {
    const address = await podAddress("two");
    expect(await kubectl("exec", "one", "--", "redis-cli", "-h", address, "ping")).to.equal("PONG\n");
  });

  it("gives each node processes, mounts and a host name of its own", async () => {
    const answers = await Promise.all(
      (["node1", "node2", "node3"] as const).map((node) =>
        lab.exec(node, ["sh", "-c", "hostname; touch /var/lib/probe"]),
      ),
    );
    expect(answers.map((answer) => answer.stdout)).to.deep.equal(["node1\n", "node2\n", "node3\n"]);
    await lab.exec("node1", ["rm", "/var/lib/probe"]);
    expect((await lab.exec("node1", ["ls", "/var/lib"])).stdout).not.to.include("probe");
    expect((await lab.exec("node2", ["ls", "/var/lib"])).stdout).to.include("probe");
    for (const node of ["node2", "node3"] as const) await lab.exec(node, ["rm", "/var/lib/probe"]);
  });

  it("refuses a privileged pod in a namespace with Pod Security level restricted", async () => {
    const run = ["run", "bad", "--image=localhost/vnic-app:1", "--privileged", `--namespace=${namespace}`];
    const refused = await lab.kubectl(run);
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include('violates PodSecurity "restricted:latest"');
  });

  it("lets outside hosts reach each other, but not the cluster", async () => {
    const { lan2 } = lab.lan.hosts;
    for (const address of [lan2.ipv4, lan2.ipv6]) {
      expect((await lab.exec("lan1", ["ping", "-c", "1", "-w", "3", address])).code).to.equal(0);
    }
    const toPod = await lab.exec("lan1", ["ping", "-c", "1", "-W", "1", await podAddress("one")]);
    expect(toPod.code).not.to.equal(0);
  });

  it("leases addresses by DHCP on the outside network", async () => {
    const lease = await lab.exec("lan2", ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-s", "/bin/true"]);
    expect(lease.stderr).to.match(/lease of 192\.168\.50\.1(?:[0-4]\d|50) obtained from 192\.168\.50\.1/);
  });

  it("has a parent NIC on each node, with macvlan children that the outside network reaches", async () => {
    await lab.exec("node3", ["ip", "netns", "add", "probe"]);
    try {
      const steps = [
        "ip link add probe0 link eth1 netns probe type macvlan mode bridge",
        "ip -n probe address add 192.168.50.99/24 dev probe0",
        "ip -n probe link set probe0 up",
      ].join(" && ");
      expect(await lab.exec("node3", ["sh", "-c", steps])).to.deep.include({ code: 0, stderr: "" });
      expect((await lab.exec("lan1", ["ping", "-c", "1", "-w", "3", "192.168.50.99"])).code).to.equal(0);
    } finally {
      await lab.exec("node3", ["ip", "netns", "delete", "probe"]);
    }
  });

  it("ends a command on a node when its caller kills it", async () => {
    const child = lab.spawn("node1", ["sleep", "4711"]);
    await until("sleep to run", 180, async () => ((await countSleeps()) === 1 ? true : undefined));
    child.kill();
    await until("sleep to end", 180, async () => ((await countSleeps()) === 0 ? true : undefined));
  });

  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };

  async function kubectl(...argv: string[]): Promise<string> {
    const output = await lab.kubectl([`--namespace=${namespace}`, ...argv]);
    expect(output.code, output.stderr).to.equal(0);
    return output.stdout;
  }

  async function apply(...items: object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const output = await lab.kubectl(["apply", "-f", "-"], list);
    expect(output.code, output.stderr).to.equal(0);
  }

  const podAddress = (name: string): Promise<string> => kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}");

  async function countSleeps(): Promise<number> {
    const list = (await lab.exec("node1", ["ps", "-eo", "args"])).stdout.split("\n");
    return list.filter((line) => line === "sleep 4711").length;
  }
});
