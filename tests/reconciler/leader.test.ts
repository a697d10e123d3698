import { expect } from "chai";
import { apiVersion, linkAlias, reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { killContainer, signalContainer } from "../support/damage.ts";
import type { PodLink } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

describe("with two reconcilers", () => {
  let reconciler: Reconciler;
  let first: PodLink[];
  const namespace = "leaders";
  const bench = useBench({ namespace });

  before(async () => {
    await bench.runPod("db", "node1");
    // A leader is suspended here for as long as another one needs to take over.
    reconciler = await startReconciler(bench.lab, { replicas: 2, resyncSeconds: 5, mustAnswer: false });
    bench.beforeClose(() => reconciler.stop());
    bench.beforeClose(() => bench.kubectl("delete", "vnics", "--all", "--timeout=300s"));
    await declare("first", 81);
    first = await nics();
  });
  afterEach(async () => {
    expect(await answersPing(bench.lab, "lan1", "192.168.50.81")).to.equal(true);
    expect(await nics(), "nobody has touched it").to.deep.include.members(first);
  });

  async function declare(name: string, host: number): Promise<void> {
    const spec = { pod: { name: "db" }, network: { parent: "eth1" }, addresses: [`192.168.50.${host}/24`] };
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name }, spec }]);
    await bench.kubectl("wait", "--for=condition=Ready", `vnic/${name}`, "--timeout=300s");
    expect(await answersPing(bench.lab, "lan1", `192.168.50.${host}`)).to.equal(true);
  }

  /** Our links in the pod: one for each record, unless a Vnic was made twice. */
  async function nics(): Promise<PodLink[]> {
    const uids = (await bench.kubectl("get", "vnics", "-o", "jsonpath={.items[*].metadata.uid}")).split(" ");
    const marks = uids.map(linkAlias);
    const links = (await bench.linksIn("db")).filter(({ ifalias = "" }) => marks.includes(ifalias));
    expect(links.map(({ ifalias }) => ifalias).sort()).to.deep.equal(marks.sort());
    return links;
  }

  const nextLeader = (former: string) =>
    until(`another leader than ${former}`, 180, async () => {
      const holder = await reconciler.leaderName();
      return holder !== "" && holder !== former ? holder : undefined;
    });

  it("only the leader acts", async () => {
    const { name } = await reconciler.leader();
    const log = await reconciler.logs();
    expect(log.filter((line) => line.includes('"leading"'))).to.have.length(1);
    expect(log.filter((line) => line.includes('"standing by"'))).to.have.length(2);
    const acted = await kubectl(bench.lab.kubectl, ["-n", systemNamespace, "logs", name]);
    expect(acted).to.include(`${namespace}/first`);
  });

  it("work continues when the leader is killed", async () => {
    const former = await reconciler.leader();
    await killContainer(bench.lab, former.node, former.containerId);
    await declare("second", 82);
    // The killed leader may lead again, because its restarted container has its pod's identity.
    await until("both to be ready", 180, async () => {
      const path = "jsonpath={.status.readyReplicas}";
      const words = ["-n", systemNamespace, "get", "deployment", reconcilerName, "-o", path];
      return (await kubectl(bench.lab.kubectl, words)) === "2" ? true : undefined;
    });
  });

  it("the other continues at once when the leader's pod is deleted", async () => {
    const former = await reconciler.leader();
    await kubectl(bench.lab.kubectl, ["-n", systemNamespace, "delete", "pod", former.name, "--timeout=300s"]);
    await nextLeader(former.name);
    await declare("third", 83);
  });

  it("a leader that was suspended while another took over does nothing when it resumes, and ends", async () => {
    const former = await reconciler.leader();
    await signalContainer(bench.lab, former.node, former.containerId, "SIGSTOP");
    await nextLeader(former.name);
    await declare("fourth", 84);
    await signalContainer(bench.lab, former.node, former.containerId, "SIGCONT");
    await until("it to end", 180, async () => {
      const path = "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}";
      const words = ["-n", systemNamespace, "get", "pod", former.name, "-o", path];
      return (await kubectl(bench.lab.kubectl, words)) === "1" ? true : undefined;
    });
    const words = ["-n", systemNamespace, "logs", "--previous", former.name];
    expect(await kubectl(bench.lab.kubectl, words)).to.match(/no longer leading/);
    await declare("fifth", 85);
  });
});
