import { messageOf, VnicError } from "../base/errors.ts";
import { openCluster } from "../cluster/kube-cluster.ts";
import type { Access } from "../cluster/kubeconfig.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { readPod } from "../model/kubernetes/pod.ts";
import { apiVersion, type VnicRef, vnicId } from "../model/names.ts";
import { durationWords, rowOf, type VnicRow } from "../model/overview/row.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { ShowResult } from "../model/wire/session-protocol.ts";
import { columns, styled } from "./output.ts";

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly metadata: { readonly creationTimestamp?: string };
}

/** Everything known about one Vnic. */
export interface VnicDetails {
  readonly summary: VnicRow;
  readonly record: StoredVnic;
  readonly events: readonly {
    readonly time: string;
    readonly type: string;
    readonly reason: string;
    readonly message: string;
  }[];
  /** The node's report, or the reason why the node couldn't be asked. */
  readonly onNode?: ShowResult | { readonly problem: string };
}

export async function readDetails(
  api: RawApi,
  access: Access,
  ref: VnicRef,
  { image, node }: { readonly image: string; readonly node: boolean },
): Promise<VnicDetails> {
  const record = await api.get<StoredVnic>(`/apis/${apiVersion}/namespaces/${ref.namespace}/vnics/${ref.name}`);
  if (!record) throw new VnicError("invalid", `there is no Vnic ${vnicId(ref)}; list all with: pulumi-vnic status`);
  const [events, onNode] = await Promise.all([
    readEvents(api, record),
    node ? lookAtNode(access, record, image).catch((error: unknown) => ({ problem: messageOf(error) })) : undefined,
  ]);
  return { summary: rowOf(record, new Date()), record, events, ...(onNode ? { onNode } : {}) };
}

/** The Vnic's events, newest last; none if the account may not list events. */
async function readEvents(api: RawApi, { metadata }: StoredVnic): Promise<VnicDetails["events"]> {
  const query = new URLSearchParams({ fieldSelector: `involvedObject.uid=${metadata.uid}` });
  const list = await api
    .get<{ items: EventObject[] }>(`/api/v1/namespaces/${metadata.namespace}/events?${query.toString()}`)
    .catch(() => undefined);
  return (list?.items ?? [])
    .map(({ type, reason, message, lastTimestamp, eventTime, metadata: { creationTimestamp } }) => ({
      time: lastTimestamp ?? eventTime ?? creationTimestamp ?? "",
      ...{ type, reason, message },
    }))
    .sort((one, other) => one.time.localeCompare(other.time));
}

async function lookAtNode(access: Access, { metadata, spec }: StoredVnic, image: string): Promise<ShowResult> {
  const { namespace, name, uid } = metadata;
  const cluster = await openCluster(access);
  const object = await cluster.findPod(namespace, spec.pod.name);
  const pod = object && readPod(object);
  if (pod?.state !== "running") throw new VnicError("refused", `pod ${namespace}/${spec.pod.name} doesn't run`);
  const sessions = new SessionPool(cluster, { image });
  try {
    const plan = {
      vnic: { uid, namespace, name },
      pod: { namespace, name: spec.pod.name, uid: pod.uid, containerId: pod.containerId },
    };
    const deadline = new Deadline(`inspecting Vnic ${namespace}/${name} on node ${pod.node}`, 30);
    return await sessions.use(pod.node, deadline, (session) => session.request("show", { plan }));
  } finally {
    await sessions.close();
  }
}

/** Formats the details for a terminal. */
export function detailLines({ summary, record, events, onNode }: VnicDetails): string[] {
  const now = Date.now();
  const since = (time: string) => `${durationWords(now - Date.parse(time))} ago`;
  const conditions = record.status?.conditions ?? [];
  return [
    `${styled("bold", `${summary.namespace}/${summary.name}`)}  ${styled(summary.healthy ? "green" : "yellow", summary.condition)}`,
    ...columns([
      ["  pod", `${summary.pod} on node ${summary.node || "-"}`],
      ["  network", summary.network],
      ["  interface", `${summary.interface || "-"} ${record.status?.interface?.mac ?? ""}`.trimEnd()],
      ["  addresses", summary.addresses.join(", ") || "-"],
      [
        "  lease",
        record.status?.lease
          ? `${record.status.lease.address} of ${record.status.lease.server}, ${summary.lease}`
          : "none",
      ],
      ["  age", summary.age],
    ]),
    ...section(
      "Conditions",
      columns(
        conditions.map((one) => [`  ${one.type}`, one.status, one.reason, since(one.lastTransitionTime), one.message]),
      ),
    ),
    ...section("Events", columns(events.map((one) => [`  ${since(one.time)}`, one.type, one.reason, one.message]))),
    ...(onNode === undefined ? [] : nodeLines(onNode)),
  ];
}

function nodeLines(onNode: NonNullable<VnicDetails["onNode"]>): string[] {
  if ("problem" in onNode) return section("On the node", [`  ${onNode.problem}`]);
  const { link, file } = onNode;
  const { rx, tx } = link?.counters ?? {};
  const flow = (one: { bytes: number; packets: number; errors: number; dropped: number } | undefined) =>
    one ? `${one.bytes} bytes, ${one.packets} packets, ${one.errors} errors, ${one.dropped} dropped` : "-";
  return [
    ...section(
      "In the kernel",
      link
        ? columns([
            ["  link", `${link.name} ${link.mac}, MTU ${link.mtu}, ${link.up ? "up" : "down"}`],
            ["  addresses", link.addresses.join(", ")],
            ["  received", flow(rx)],
            ["  sent", flow(tx)],
          ])
        : ["  no such NIC in the pod"],
    ),
    ...section(
      "Resource file",
      file === undefined
        ? ["  none"]
        : JSON.stringify(file, null, 2)
            .split("\n")
            .map((line) => `  ${line}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return ["", styled("bold", title), ...(lines.length === 0 ? ["  none"] : lines)];
}
