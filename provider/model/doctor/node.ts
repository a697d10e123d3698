import { type NodeObject, readNode } from "../kubernetes/node.ts";
import { stateDirectory } from "../kubernetes/runtime-layout.ts";
import type { Mode, NodeNetwork } from "../network/mode.ts";
import { networkWords } from "../network/reference.ts";
import type { InspectResult } from "../wire/session-protocol.ts";
import { examineClock } from "./api-server.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** A network on one node, and the object that uses it. */
export interface NetworkOnNode {
  /** `Network lan`, or `Vnic shop/db-wire` for one that is given inline. */
  readonly by: string;
  readonly network: NodeNetwork;
  /** The requested MTU in bytes. */
  readonly mtu?: number;
}

/** The findings of an injection session on a node, or the reason why there was no session. */
export type NodeSight =
  { readonly result: InspectResult; readonly aheadSeconds: number } | { readonly problem: string };

/** The kernel module that each mode needs. */
const moduleOf: Readonly<Record<Mode, string | undefined>> = {
  macvlan: "macvlan",
  "macvlan-private": "macvlan",
  bridge: "bridge",
  ipvlan: "ipvlan",
  "host-device": undefined,
};

export function examineNode(
  name: string,
  node: NodeObject | undefined,
  asked: readonly NetworkOnNode[],
  sight: NodeSight,
): Finding[] {
  const subject = `node ${name}`;
  if (!node) return [fault(subject, "there is no such node", "kubectl get nodes")];
  const state = readNode(node);
  if (!state.ready) return [fault(subject, `isn't ready: ${state.why}`, `kubectl describe node ${name}`)];
  if ("problem" in sight) return [fault(subject, wordsOf(subject, sight.problem), remedyOf(sight.problem))];
  const { result, aheadSeconds } = sight;
  return [
    ok(
      subject,
      `an injection session can start, on ${node.status?.nodeInfo?.containerRuntimeVersion ?? "an unknown runtime"}`,
    ),
    examineClock(subject, aheadSeconds),
    ...examineKinds(subject, asked, result.missingKinds),
    ...asked.map((one, index) => examineNetwork(subject, one, result.networks[index])),
  ];
}

/** A failure as one line, without its subject. An image that doesn't know the request gets a message of its own. */
function wordsOf(subject: string, problem: string): string {
  return problem.includes("request is not understood")
    ? "its node image is older than this command"
    : problem.replace(`${subject}: `, "").replaceAll(/\s*\n\s*/g, "; ");
}

/** The remedy for a session that couldn't be opened, by the text of its failure. */
function remedyOf(problem: string): string {
  const remedies: readonly [RegExp, string][] = [
    [
      /request is not understood|protocol \d/,
      "use the node image of this package's version: vnic:image, VNIC_IMAGE or --image",
    ],
    [/may not run in/, "apply the manifests with that image, or with --allow-image"],
    [
      /ErrImage|ImagePull|InvalidImageName|Failed to pull image/,
      "put the image on the node, or set vnic:image to one that it can pull",
    ],
    [
      /hostPath type check failed/,
      "name the node's runtime layout: the runtime's files aren't where they were expected",
    ],
    [/no space is left/, `make room on that disk of the node; df ${stateDirectory} shows it`],
    [/can only be read/, "mount the node's disk so that it can be written"],
    [/forbidden|cannot \w+ resource/, "use the account vnic-provider, or bind yours to its roles"],
  ];
  return remedies.find(([words]) => words.test(problem))?.[1] ?? "kubectl -n vnic-system get events,pods";
}

function examineKinds(subject: string, asked: readonly NetworkOnNode[], missing: readonly string[]): Finding[] {
  const needs = new Map<string, string>();
  for (const { by, network } of asked) {
    const kernelModule = moduleOf[network.mode];
    if (kernelModule !== undefined && !needs.has(kernelModule)) needs.set(kernelModule, by);
    if (network.vlan !== undefined && !needs.has("vlan")) needs.set("vlan", by);
  }
  const faults = missing.flatMap((kind) => {
    const by = needs.get(kind);
    const module = kind === "vlan" ? "8021q" : kind;
    return by === undefined
      ? []
      : [
          fault(
            subject,
            `its kernel has no ${kind} links, which ${by} needs`,
            `modprobe ${module} there, or install the kernel's modules`,
          ),
        ];
  });
  const others = missing.filter((kind) => !needs.has(kind));
  const words = others.length === 0 ? "links of every mode" : `links of every mode in use, but no ${others.join(", ")}`;
  return faults.length > 0 ? faults : [ok(subject, `its kernel has ${words}`)];
}

function examineNetwork(
  subject: string,
  { by, network, mtu }: NetworkOnNode,
  seen: InspectResult["networks"][number] | undefined,
): Finding {
  if (!seen) return fault(subject, `${by}: the node gave no answer`, "use the node image of this package's version");
  if ("problem" in seen)
    return fault(subject, `${by}: ${seen.problem}`, "name another parent, or repair the node's interface");
  const { parent, mtu: parentMtu, carrier } = seen;
  if (mtu !== undefined && mtu > parentMtu)
    return fault(
      subject,
      `${by}: MTU ${mtu} is more than the ${parentMtu} of ${parent}`,
      `raise the MTU of ${parent}, or lower that of ${by}`,
    );
  if (!carrier && network.mode !== "host-device")
    return warning(subject, `${by}: ${parent} has no carrier`, "plug in its cable, or check the switch port");
  return ok(subject, `${by}: ${networkWords({ ...network })} is ${parent}, MTU ${parentMtu}`);
}
