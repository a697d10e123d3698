import { expect } from "chai";
import { netnsName } from "../lab/layout.ts";
import { enter } from "../lab/enter.ts";
import { must, run } from "../lab/run.ts";
import { kubectl, providerKubeconfig } from "../support/cluster.ts";
import { linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { Stack } from "../support/stack.ts";

interface Nic {
  readonly name: string;
  readonly mtu: number;
}

/** The LAN's namespace is its router, with another network behind it. */
describe("the example with a Network", () => {
  let stack: Stack;
  const namespace = "example-network";
  const bench = useBench({ namespace });
  const far = "10.77.0.9";
  const address = "192.168.50.85";

  before(async () => {
    await bench.runPod("db-0", "node1");
    await must(["ip", "-n", netnsName("lan"), "address", "add", `${far}/32`, "dev", "lo"]);
    bench.afterClose(() => must(["ip", "-n", netnsName("lan"), "address", "del", `${far}/32`, "dev", "lo"]));
    stack = await Stack.create({
      kubeconfig: await providerKubeconfig(bench.lab.kubectl),
      example: "network",
      config: { namespace, address: `${address}/24`, gateway: bench.lab.lan.router.ipv4 },
    });
    bench.afterClose(() => stack.remove());
  });

  const answersFar = async () =>
    (await run(enter("lan", ["ping", "-n", "-c", "1", "-w", "3", "-I", far, address]))).code === 0;
  const nic = async () => (await stack.output("nic")) as Nic;
  const networks = () => kubectl(bench.lab.kubectl, ["get", "vnicnetworks", "-o", "name"]);

  it("is reached from behind the router and has its route, without a change at the next up", async () => {
    await stack.up();
    expect(await networks()).to.equal("vnicnetwork.pulumi-vnic.dev/lan\n");
    expect(await answersFar()).to.equal(true);
    const way = await bench.kubectl("exec", "db-0", "--", "ip", "route", "get", far);
    expect(way).to.match(new RegExp(`via 192\\.168\\.50\\.1 dev ${(await nic()).name} `));
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.up("--expect-no-changes");
  });

  it("is updated in place when its Network changes", async () => {
    const before = await nic();
    const index = linkNamed(await bench.linksIn("db-0"), before.name)?.ifindex;
    await stack.must("config", "set", "mtu", "1400");
    expect(await stack.up()).to.match(/~ 2 updated/);
    expect(await nic()).to.deep.equal({ ...before, mtu: 1400 });
    expect(linkNamed(await bench.linksIn("db-0"), before.name)).to.include({ ifindex: index, mtu: 1400 });
  });

  it("is destroyed before its Network, without a trace", async () => {
    await stack.destroy();
    expect(await networks()).to.equal("");
    expect(await answersFar()).to.equal(false);
  });
});
