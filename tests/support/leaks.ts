import { expect } from "chai";
import { group, labels, systemNamespace } from "../../provider/model/names.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { Lab } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { kubectl } from "./cluster.ts";
import { demo } from "./demo.ts";

interface Row {
  readonly ifname?: string;
  readonly ifalias?: string;
}

/**
 * Everything of ours on the nodes, except the parts of the demo's Vnics: links in any network namespace, and resource
 * files. Both are named by the UIDs of records.
 */
export async function remainsOnNodes(lab: Lab): Promise<string[]> {
  const argv = ["get", "vnics", "-n", demo.namespace, "-o", "jsonpath={.items[*].metadata.uid}"];
  const demoUids = (await kubectl(lab.kubectl, argv)).split(" ").filter(Boolean);
  const perNode = await Promise.all(
    nodes.map(async (node) => {
      const netns = (await lab.exec(node, ["ls", "/run/netns"])).stdout.split("\n").filter(Boolean);
      const inNode = ownLinks((await lab.exec(node, ["ip", "-j", "-d", "link"])).stdout).map(
        (link) => `link ${link} of ${node}`,
      );
      const inPods = await Promise.all(
        netns.map(async (name) => {
          // A namespace may end during this check.
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
  return perNode.flat().filter((found) => !demoUids.some((uid) => found.includes(uid)));
}

function ownLinks(json: string): string[] {
  const rows = JSON.parse(json || "[]") as Row[];
  const ours = rows.filter(
    ({ ifname = "", ifalias = "" }) => ifalias.startsWith(`${group}/`) || /^v[nhl][0-9a-f]{12}$/.test(ifname),
  );
  return ours.map(({ ifname = "", ifalias = "" }) => `${ifname} (${ifalias})`);
}

async function remainsInCluster(lab: Lab): Promise<string[]> {
  const [vnics, system] = await Promise.all([recordNames(lab), ownSystemObjects(lab)]);
  return [...vnics, ...system.map(nameOf)];
}

interface SystemObject {
  readonly kind: "Job" | "Pod";
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly { readonly name: string }[] };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const nameOf = ({ kind, metadata }: SystemObject): string => `${kind} ${metadata.name}`;

/** The records and address claims in the cluster, except those of the demo. */
export async function recordNames(lab: Lab): Promise<string[]> {
  const list = JSON.parse(await kubectl(lab.kubectl, ["get", "vnics,vnicaddresses", "-A", "-o", "json"])) as {
    items: { kind: string; metadata: { name: string; namespace?: string }; spec: { holder?: { namespace: string } } }[];
  };
  return list.items
    .filter(({ metadata, spec }) => (metadata.namespace ?? spec.holder?.namespace) !== demo.namespace)
    .map(
      ({ kind, metadata: { namespace, name } }) => `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`,
    );
}

async function ownSystemObjects(lab: Lab): Promise<SystemObject[]> {
  const words = ["-n", systemNamespace, "-l", `${labels.managedBy}=pulumi-vnic`, "-o", "json"];
  const list = await kubectl(lab.kubectl, ["get", "jobs,pods", ...words]);
  return (JSON.parse(list) as { items: SystemObject[] }).items;
}

/** Names of all records, of pods that haven't ended, and of Jobs that have neither ended nor an ended pod. */
async function unfinished(lab: Lab): Promise<string[]> {
  const [vnics, system] = await Promise.all([recordNames(lab), ownSystemObjects(lab)]);
  const hasEnded = ({ status }: SystemObject) => status.phase === "Succeeded" || status.phase === "Failed";
  const pods = system.filter(({ kind }) => kind === "Pod");
  const owners = pods
    .filter(hasEnded)
    .flatMap(({ metadata }) => metadata.ownerReferences?.map(({ name }) => name) ?? []);
  const jobs = system.filter(
    ({ kind, metadata, status }) =>
      kind === "Job" &&
      !owners.includes(metadata.name) &&
      !status.conditions?.some(({ type, status }) => ["Complete", "Failed"].includes(type) && status === "True"),
  );
  return [...vnics, ...[...jobs, ...pods.filter((pod) => !hasEnded(pod))].map(nameOf)];
}

/**
 * Asserts that no part of any Vnic is left on the nodes, and no record. It doesn't wait for the end of sessions; {@link
 * assertNoLeaks} does, and can be called once after several tests.
 */
export async function assertNoVnics(lab: Lab): Promise<void> {
  expect(await remainsOnNodes(lab), "what is left on the nodes").to.deep.equal([]);
  await assertEmpty("records to go", () => recordNames(lab));
}

/**
 * Asserts that nothing of any Vnic is left, except the demo's: on the nodes at once, in the cluster as soon as sessions
 * have ended. A session whose driver was killed before it attached ends after a minute without requests. The Job of an
 * ended session stays for its TTL of 10 s; {@link assertNothingLeft} waits for that as well.
 */
export async function assertNoLeaks(lab: Lab): Promise<void> {
  expect(await remainsOnNodes(lab), "what is left on the nodes").to.deep.equal([]);
  await assertEmpty("sessions to end", () => unfinished(lab));
}

/**
 * Like {@link assertNoLeaks}, but also asserts that the Jobs of all sessions were removed. Run once, after many tests.
 */
export async function assertNothingLeft(lab: Lab): Promise<void> {
  expect(await remainsOnNodes(lab), "what is left on the nodes").to.deep.equal([]);
  await assertEmpty("the Jobs to be removed", () => remainsInCluster(lab));
}

async function assertEmpty(awaited: string, find: () => Promise<string[]>): Promise<void> {
  let left: string[] = [];
  await until(awaited, 300, async () => {
    left = await find();
    return left.length === 0 ? true : undefined;
  }).catch(() => undefined);
  expect(left, "what is left in the cluster").to.deep.equal([]);
}
