import { expect } from "chai";
import type { ResourceFile } from "../../provider/model/wire/resource-file.ts";
import { dhcpClientIdentifier } from "../../provider/model/names.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { leased } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { answersLeased, clientsOn, type DhcpServer, dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { assertNoLeaks, remainsOnNodes } from "../support/leaks.ts";
import { addressesOf, type Bench, openBench } from "../support/lifecycle.ts";
import { everywhere, planFor, podOf, runNodeSide } from "../support/node-side.ts";

describe("the node side, killed while it gets a lease", () => {
  let bench: Bench;
  let server: DhcpServer;
  let pod: InjectPlan["pod"];
  const namespace = "crash-leasing";

  before(async () => {
    bench = await openBench({ namespace });
    await installAgent(bench.lab);
    server = await dhcpServer({ leaseSeconds: 60 });
    await server.start();
    await bench.runPod("db", "node1");
    pod = await podOf(bench, "db");
  });
  after(async () => {
    await bench.close();
    await removeAgent(bench.lab);
    await server.close();
    await assertNoLeaks(bench.lab);
  });

  const planOf = (): InjectPlan => ({
    ...planFor(pod, "", { mode: "macvlan", parent: leased.parent }),
    addresses: [],
    dhcp: { clientId: dhcpClientIdentifier({ namespace, name: "crash" }) },
  });
  const assertGone = async () => {
    expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
    expect(await clientsOn(bench.lab, "node1")).to.deep.equal([]);
    await until("the release", 5, async () => ((await server.leases()).size === 0 ? true : undefined));
  };

  it("makes one whole NIC, with one client, when it is run again", () =>
    everywhere(bench.lab, "node1", planOf, async (plan, crash) => {
      await runNodeSide(bench.lab, "node1", "inject", plan, crash);
      const { answers } = await runNodeSide(bench.lab, "node1", "inject", plan);
      expect(answers.at(-1), JSON.stringify(answers)).to.have.property("result");
      const { stdout } = await bench.lab.exec("node1", ["cat", `${stateDirectory}/vnics/${plan.vnic.uid}.json`]);
      const { step, lease } = JSON.parse(stdout) as ResourceFile;
      expect(step).to.equal("attached");
      const ours = (await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined);
      expect(ours.map(addressesOf)).to.deep.equal([[lease?.address]]);
      expect(await clientsOn(bench.lab, "node1")).to.have.length(1);
      expect(await answersLeased(lease?.address ?? "")).to.equal(true);
      await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic });
      await assertGone();
    }));

  it("leaves neither client nor lease that an ejection doesn't find", () =>
    everywhere(bench.lab, "node1", planOf, async (plan, crash) => {
      await runNodeSide(bench.lab, "node1", "inject", plan, crash);
      await runNodeSide(bench.lab, "node1", "eject", { vnic: plan.vnic });
      await assertGone();
    }));
});
