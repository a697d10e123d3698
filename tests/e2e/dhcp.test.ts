import { expect } from "chai";
import { type DhcpServer, answersLeased, dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { providerKubeconfig } from "../support/cluster.ts";
import { useBench } from "../support/use-bench.ts";
import { Stack } from "../support/stack.ts";

describe("the example with DHCP", () => {
  let server: DhcpServer;
  let stack: Stack;
  const namespace = "example-dhcp";
  const bench = useBench({ namespace });

  before(async () => {
    server = await dhcpServer({ leaseSeconds: 60 });
    bench.afterClose(() => server.close());
    bench.afterClose(() => removeAgent(bench.lab));
    await server.start();
    await Promise.all([installAgent(bench.lab), bench.runPod("db-0", "node1")]);
    stack = await Stack.create({
      kubeconfig: await providerKubeconfig(bench.lab.kubectl),
      example: "dhcp",
      config: { namespace, pod: "db-0", parent: "eth2" },
    });
    bench.afterClose(() => stack.remove());
  });

  it("shows the address at up, has no change at the next up, and returns the address at destroy", async () => {
    await stack.up();
    const { addresses, lease } = (await stack.outputs()) as {
      addresses: string[];
      lease: { address: string; server: string };
    };
    expect(addresses).to.deep.equal([lease.address]);
    expect(await answersLeased(lease.address)).to.equal(true);

    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.up("--expect-no-changes");
    await stack.destroy();
    expect(await answersLeased(lease.address)).to.equal(false);
  });
});
