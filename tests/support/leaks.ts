import { expect } from "chai";
import { group, labels, systemNamespace } from "../../provider/model/names.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { Lab } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { kubectl } from "./cluster.ts";

interface Row {
  readonly ifname?: string;
  readonly ifalias?: string;
}

/** All that bears our mark on the nodes: links in any network namespace, and Vnic resource files. */
export async function remainsOnNodes(lab: Lab): Promise<string[]> {
  const perNode = await Promise.all(
    nodes.map(async (node) => {
      const netns = (await lab.exec(node, ["ls", "/run/netns"])).stdout.split("\n").filter(Boolean);
      const inNode = ownLinks((await lab.exec(node, ["ip", "-j", "-d", "link"])).stdout).map(
        (link) => `link ${link} of ${node}`,
      );
      const inPods = await Promise.all(
        netns.map(async (name) => {
          // A namespace may end while we look.
          const { code, stdout } = await lab.exec(node, [
            "nsenter",
            `--net=/run/netns/${name}`,
            "ip",
            "-j",
            "-d",
            "link",
          ]);
          return code === 0 ? ownLinks(stdout).map((link) => `link ${link} in ${name} on ${node}`) : [];
        }),
      );
      const files = (await lab.exec(node, ["find", stateDirectory, "-type", "f"])).stdout.split("\n").filter(Boolean);
      return [...inNode, ...inPods.flat(), ...files.map((file) => `file ${file} on ${node}`)];
    }),
  );
  return perNode.flat();
}

function ownLinks(json: string): string[] {
  const rows = JSON.parse(json || "[]") as Row[];
  const ours = rows.filter(
    ({ ifname = "", ifalias = "" }) => ifalias.startsWith(`${group}/`) || /^v[nhl][0-9a-f]{12}$/.test(ifname),
  );
  return ours.map(({ ifname = "", ifalias = "" }) => `${ifname} (${ifalias})`);
}

/** What bears our mark before a test or a benchmark begins, such as the demo's own NIC: {@link assertNoLeaks} then lets it be. */
export async function remains(lab: Lab): Promise<string[]> {
  return [...(await remainsOnNodes(lab)), ...(await remainsInCluster(lab))];
}

async function remainsInCluster(lab: Lab): Promise<string[]> {
  const ours = `${labels.managedBy}=pulumi-vnic`;
  const [vnics, system] = await Promise.all([
    kubectl(lab.kubectl, ["get", "vnics", "-A", "-o", "name"]),
    kubectl(lab.kubectl, ["get", "jobs,pods", "-n", systemNamespace, "-l", ours, "-o", "name"]),
  ]);
  return `${vnics}${system}`.split("\n").filter(Boolean);
}

/**
 * Asserts that no trace of any Vnic is left but what was there `before`: on the nodes at once, in the cluster as soon as
 * sessions have lingered out and the kubelet has removed their pods. One whose driver was killed before it attached ends
 * after a minute without requests.
 */
export async function assertNoLeaks(lab: Lab, before: readonly string[] = []): Promise<void> {
  const isNew = (found: string): boolean => !before.includes(found);
  expect((await remainsOnNodes(lab)).filter(isNew), "what is left on the nodes").to.deep.equal([]);
  let left: string[] = [];
  await until("sessions to end", 90, async () => {
    left = (await remainsInCluster(lab)).filter(isNew);
    return left.length === 0 ? true : undefined;
  }).catch(() => undefined);
  expect(left, "what is left in the cluster").to.deep.equal([]);
}
