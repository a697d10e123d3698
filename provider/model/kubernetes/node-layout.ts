import { quote } from "../../base/quote.ts";
import { VnicError } from "../../base/errors.ts";
import { annotations } from "../names.ts";
import type { NodeObject } from "./node.ts";
import { knownLayouts, parseLayout, type RuntimeLayout } from "./runtime-layout.ts";

/** Suffixes of `kubeletVersion` that identify distributions, such as `v1.35.4+k3s1`. */
const versionSuffixes: readonly (readonly [suffix: RegExp, layout: string])[] = [
  [/\+k3s/, "k3s"],
  [/\+rke2r/, "k3s"],
  [/\+k0s/, "k0s"],
];

/** MicroK8s has no suffix, but labels its nodes. */
const microk8sLabel = "microk8s.io/cluster";

/**
 * The layout of a node's runtime. In order of precedence: the Node's annotation, the layout `forAll` nodes of that
 * runtime, and what the Node's version and labels indicate.
 */
export function layoutOfNode(name: string, node: NodeObject, forAll: string | undefined): RuntimeLayout {
  const { containerRuntimeVersion = "containerd", operatingSystem = "" } = node.status?.nodeInfo ?? {};
  // A kubelet may report any text. The stand-ins for kubelets of virtual nodes often report none.
  const [runtime = ""] = containerRuntimeVersion.split("://");
  if (!["", "linux"].includes(operatingSystem))
    throw new VnicError(
      "refused",
      `node ${name} runs ${shown(operatingSystem)}; its pods can't have Vnics, which need Linux`,
    );
  if (runtime === "")
    throw new VnicError(
      "refused",
      `node ${name} names no container runtime; its pods can't have Vnics if it is a virtual node, such as one of Virtual Kubelet`,
    );
  const own = node.metadata?.annotations?.[annotations.runtimeLayout];
  if (own !== undefined) {
    const layout = parseNamed(`annotation ${annotations.runtimeLayout} of node ${name}`, own);
    if (layout.runtime === runtime) return layout;
    throw new VnicError(
      "refused",
      `annotation ${annotations.runtimeLayout} of node ${name}: ${quote(own)} is a layout of ${layout.runtime}, but the node runs ${shown(runtime)}`,
    );
  }
  const common = forAll === undefined ? undefined : parseNamed("the platform's runtimeLayout", forAll);
  if (common?.runtime === runtime) return common;
  const layout = knownLayouts.find((one) => one.runtime === runtime && one.name === detectLayout(node, runtime));
  if (layout) return layout;
  const known = [...new Set(knownLayouts.map((one) => one.runtime))].join(", ");
  throw new VnicError(
    "refused",
    `node ${name} runs containers by ${shown(runtime)}, which is not supported; supported are ${known}`,
  );
}

/** A word as it is; any other text quoted and cut. */
function shown(text: string): string {
  return /^[\w.-]{1,40}$/.test(text) ? text : quote(text);
}

function detectLayout({ metadata, status }: NodeObject, runtime: string): string {
  if (runtime !== "containerd") return runtime;
  const version = status?.nodeInfo?.kubeletVersion ?? "";
  const byVersion = versionSuffixes.find(([suffix]) => suffix.test(version))?.[1];
  return byVersion ?? (metadata?.labels?.[microk8sLabel] === undefined ? runtime : "microk8s");
}

function parseNamed(where: string, text: string): RuntimeLayout {
  try {
    return parseLayout(text);
  } catch (error) {
    throw new VnicError("refused", `${where}: ${(error as Error).message}`);
  }
}
