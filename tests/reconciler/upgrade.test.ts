import { expect } from "chai";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { agentName, apiVersion, reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { nodes } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, kubectl } from "../support/cluster.ts";
import { agentsReady, answersLeased, type DhcpServer, dhcpServer, removeAgent } from "../support/dhcp.ts";
import { addressesOf } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { tagImage, untagImage } from "../support/node-images.ts";
import { answersPing } from "../support/outside.ts";
import { PingStream } from "../support/ping-stream.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

/*
 * The next version of the image is the same image under another name, because the test is about replacing everything
 * that runs.
 */
const nextImage = defaultImage.replace(/:.*$/, ":next");

describe("an upgrade or downgrade of the platform", () => {
  let reconciler: Reconciler;
  let server: DhcpServer;
  const namespace = "upgrade";
  const bench = useBench({ namespace });
  /** Half of it is left at least when an agent is replaced, which takes long on a busy machine. */
  const leaseSeconds = 120;

  before(async () => {
    server = await dhcpServer({ leaseSeconds });
    bench.afterClose(() => server.close());
    await server.start();
    await bench.runPod("db", "node1");
    bench.afterClose(() => removeAgent(bench.lab));
    await installPlatform(bench.lab.kubectl, ["agent"]);
    await agentsReady(bench.lab);
    reconciler = await startReconciler(bench.lab, { replicas: 2, resyncSeconds: 5 });
    bench.beforeClose(() => reconciler.stop());
    bench.beforeClose(() => bench.kubectl("delete", "vnics", "--all", "--timeout=300s"));
    for (const node of nodes) {
      await tagImage(bench.lab, node, defaultImage, nextImage);
      bench.afterClose(() => untagImage(bench.lab, node, nextImage));
    }
    await declare("fixed", { network: { parent: "eth1" }, addresses: ["192.168.50.77/24"] });
    await declare("leased", { network: { parent: "eth2" }, dhcp: {} });
  });

  async function declare(name: string, spec: object): Promise<void> {
    const record = { apiVersion, kind: "Vnic", metadata: { namespace, name }, spec: { pod: { name: "db" }, ...spec } };
    await applyObjects(bench.lab.kubectl, [record]);
    await bench.kubectl("wait", "--for=condition=Ready", `vnic/${name}`, "--timeout=300s");
  }

  const record = async (name: string) =>
    JSON.parse(await bench.kubectl("get", "vnic", name, "-o", "json")) as StoredVnic;

  /**
   * Everything that must stay unchanged: the links with their addresses, and the records except for the times of
   * leases.
   */
  async function standing() {
    const links = (await bench.linksIn("db")).map((link) => [
      link.ifindex,
      link.ifname,
      link.address,
      addressesOf(link),
    ]);
    const records = await Promise.all(["fixed", "leased"].map(record));
    return { links, records: records.map(({ metadata, spec }) => [metadata.uid, metadata.generation, spec]) };
  }

  /** Switches the platform to an image, and returns the numbers of the pings that were lost in the meantime. */
  async function moveTo(image: string): Promise<number[]> {
    const pings = new PingStream(bench.lab, "lan1", "192.168.50.77");
    const options = { image, reconciler: { replicas: 2, resyncSeconds: 5 } };
    await installPlatform(bench.lab.kubectl, ["agent", "reconciler"], options);
    for (const workload of [`daemonset/${agentName}`, `deployment/${reconcilerName}`])
      await kubectl(bench.lab.kubectl, ["-n", systemNamespace, "rollout", "status", workload, "--timeout=300s"]);
    await until(`a leader of ${image}`, 180, async () => {
      const leader = await reconciler.leaderName();
      const find = [
        "-n",
        systemNamespace,
        "get",
        "pods",
        "--ignore-not-found",
        "-o",
        "jsonpath={.spec.containers[0].image}",
      ];
      return leader !== "" && (await kubectl(bench.lab.kubectl, [...find, leader])) === image ? true : undefined;
    });
    const lost = await pings.stop();
    expect(pings.answered).to.have.length.greaterThan(10);
    return lost;
  }

  for (const [way, image, host] of [
    ["upgrade", nextImage, 78],
    ["downgrade", defaultImage, 79],
  ] as const)
    it(`${way}: leaves the NICs alone, keeps the lease, and continues to work`, async () => {
      const before = await standing();
      const [lease = ""] = (await record("leased")).status?.interface?.addresses ?? [];
      expect(await answersLeased(lease)).to.equal(true);
      expect(await moveTo(image)).to.deep.equal([]);
      expect(await standing()).to.deep.equal(before);

      const renewedAt = (await record("leased")).status?.lease?.expiresAt;
      await until("the lease to be renewed", leaseSeconds, async () =>
        (await record("leased")).status?.lease?.expiresAt === renewedAt ? undefined : true,
      );
      expect(await answersLeased(lease)).to.equal(true);
      expect([...(await server.leases()).values()]).to.deep.equal([lease.split("/")[0]]);

      await declare(way, { network: { parent: "eth1" }, addresses: [`192.168.50.${host}/24`] });
      expect(await answersPing(bench.lab, "lan1", `192.168.50.${host}`)).to.equal(true);
      await bench.kubectl("delete", "vnic", way, "--timeout=300s");
    }).timeout(1_500_000);
});
