import { apiVersion, group, systemNamespace } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { appPod } from "../lab/index.ts";
import { type Node, nodes } from "../lab/layout.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { ipBeside, killApiServer, killContainer, killProgram, killSandbox } from "../support/damage.ts";
import type { Bench } from "../support/lifecycle.ts";
import type { Random } from "./random.ts";

/**
 * The declared state: the Vnics by number, each with the number of changes of its address, and the pods with their
 * nodes.
 */
export class ChurnWorld {
  readonly bench: Bench;
  readonly vnicCount = 30;
  readonly podCount = 15;
  readonly vnics = new Map<number, number>();
  readonly pods = new Map<number, Node>();
  private readonly random: Random;

  constructor(bench: Bench, random: Random) {
    this.bench = bench;
    this.random = random;
  }

  readonly addressOf = (vnic: number) => `192.168.50.${10 + vnic + 30 * ((this.vnics.get(vnic) ?? 0) % 2)}`;
  /** Two Vnics for each pod. */
  readonly podOf = (vnic: number) => vnic % this.podCount;

  async declare(vnic: number, change = 0): Promise<void> {
    this.vnics.set(vnic, change);
    const { namespace } = this.bench;
    const spec = {
      pod: { name: `pod-${this.podOf(vnic)}` },
      network: { parent: "eth1" },
      addresses: [`${this.addressOf(vnic)}/24`],
      interfaceName: `lan${vnic}`,
    };
    await this.apply([{ apiVersion, kind: "Vnic", metadata: { namespace, name: `vnic-${vnic}` }, spec }]);
  }

  async runPod(pod: number): Promise<void> {
    const node = this.random.pick(nodes);
    this.pods.set(pod, node);
    await this.apply([appPod({ namespace: this.bench.namespace, name: `pod-${pod}`, node })]);
  }

  async removePod(pod: number): Promise<void> {
    this.pods.delete(pod);
    await this.bench.kubectl("delete", "pod", `pod-${pod}`, "--ignore-not-found", "--grace-period=1");
  }

  async records(): Promise<StoredVnic[]> {
    return (JSON.parse(await this.bench.kubectl("get", "vnics", "-o", "json")) as { items: StoredVnic[] }).items;
  }

  private apply(objects: readonly object[]): Promise<void> {
    return applyObjects(this.bench.lab.kubectl, objects);
  }

  private readonly anyVnic = () => this.random.pick([...Array(this.vnicCount).keys()]);
  private readonly anyPod = () => this.random.pick([...Array(this.podCount).keys()]);
  private readonly anyRealised = async () =>
    this.random.pick((await this.records()).filter(({ status }) => status?.pod !== undefined && status.node));
  private readonly system = (...argv: string[]) => kubectl(this.bench.lab.kubectl, ["-n", systemNamespace, ...argv]);

  /** The possible events by name. An event may come too late, or affect something that is being removed. */
  readonly events: Readonly<Record<string, () => Promise<unknown>>> = {
    "Vnic created or edited": () => {
      const vnic = this.anyVnic();
      return this.declare(vnic, (this.vnics.get(vnic) ?? -1) + 1);
    },
    "Vnic deleted": async () => {
      const vnic = this.anyVnic();
      this.vnics.delete(vnic);
      // Wait until the record is gone, because otherwise the new declaration would change the old record.
      await this.bench.kubectl("delete", "vnic", `vnic-${vnic}`, "--ignore-not-found", "--timeout=120s");
    },
    "pod made anew": async () => {
      const pod = this.anyPod();
      await this.removePod(pod);
      await this.runPod(pod);
    },
    "scaled down": () => this.removePod(this.anyPod()),
    "scaled up": async () => {
      const gone = [...Array(this.podCount).keys()].filter((pod) => !this.pods.has(pod));
      for (const pod of gone) await this.runPod(pod);
    },
    "sandbox killed": async () => {
      const { status } = await this.anyRealised();
      await killSandbox(this.bench.lab, status?.node as Node, status?.pod?.sandboxId ?? "");
    },
    "container killed": async () => {
      const { status } = await this.anyRealised();
      await killContainer(this.bench.lab, status?.node as Node, status?.pod?.containerId ?? "");
    },
    "link removed by hand": async () => {
      const { status } = await this.anyRealised();
      const link = status?.interface?.name ?? "";
      await ipBeside(this.bench.lab, status?.node as Node, link, ["link", "delete", link]);
    },
    "Job killed": () =>
      this.system(
        "delete",
        "pods",
        "-l",
        "app.kubernetes.io/component=injection-session",
        "--grace-period=0",
        "--force",
      ),
    "reconciler killed": () =>
      this.system("delete", "pods", "-l", "app.kubernetes.io/component=reconciler", "--grace-period=0", "--force"),
    "kubelet restarted": () => killProgram(this.bench.lab, this.random.pick(nodes), "kubelet"),
    "container runtime restarted": () => killProgram(this.bench.lab, this.random.pick(nodes), "runtime"),
    "API server restarted": () => killApiServer(),
  };

  /** Our links in running pods, with the pod's number. */
  async links(): Promise<{ pod: number; mark: string; name: string; index: number }[]> {
    const perPod = await Promise.all(
      [...this.pods.keys()].map(async (pod) =>
        (await this.bench.linksIn(`pod-${pod}`))
          .filter(({ ifalias }) => ifalias?.startsWith(group))
          .map(({ ifalias = "", ifname, ifindex }) => ({ pod, mark: ifalias, name: ifname, index: ifindex })),
      ),
    );
    return perPod.flat();
  }
}
