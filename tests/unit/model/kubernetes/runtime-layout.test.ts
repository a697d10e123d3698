import { expect } from "chai";
import { isVnicError } from "../../../../provider/base/errors.ts";
import { annotations } from "../../../../provider/model/names.ts";
import { layoutOfNode } from "../../../../provider/model/kubernetes/node-layout.ts";
import type { NodeObject } from "../../../../provider/model/kubernetes/node.ts";
import { isIn, parseLayout } from "../../../../provider/model/kubernetes/runtime-layout.ts";

const node = (
  kubeletVersion: string,
  metadata: NodeObject["metadata"] = {},
  containerRuntimeVersion = "containerd://2.1.4",
): NodeObject => ({ metadata, status: { nodeInfo: { containerRuntimeVersion, kubeletVersion } } });

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isVnicError(error, "refused", "invalid")) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("the layout of a node's runtime", () => {
  const detected: [what: string, node: NodeObject, bundles: string][] = [
    ["with a version of plain containerd", node("v1.35.4"), "/run/containerd/io.containerd.runtime.v2.task/k8s.io"],
    ["of EKS", node("v1.34.2-eks-113cf36"), "/run/containerd/io.containerd.runtime.v2.task/k8s.io"],
    ["of k3s", node("v1.35.4+k3s1"), "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io"],
    ["of RKE2", node("v1.35.4+rke2r1"), "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io"],
    ["of k0s", node("v1.35.4+k0s"), "/run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io"],
    [
      "of MicroK8s",
      node("v1.35.4", { labels: { "microk8s.io/cluster": "true" } }),
      "/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io",
    ],
    ["of CRI-O", node("v1.34.0", {}, "cri-o://1.34.0"), "/run/containers/storage/overlay-containers"],
    ["of k3s with CRI-O", node("v1.35.4+k3s1", {}, "cri-o://1.34.0"), "/run/containers/storage/overlay-containers"],
  ];
  for (const [what, object, bundles] of detected)
    it(`is derived from the Node ${what}`, () => expect(layoutOfNode("n", object, undefined)).to.include({ bundles }));

  it("is taken from the Node's annotation, then from the platform", () => {
    const annotated = node("v1.35.4+k3s1", { annotations: { [annotations.runtimeLayout]: "k0s" } });
    expect(layoutOfNode("n", node("v1.35.4+k3s1"), "containerd:/data/c").name).to.equal("containerd:/data/c");
    expect(layoutOfNode("n", annotated, "containerd:/data/c").name).to.equal("k0s");
  });

  it("isn't taken from the platform on a node with another runtime", () =>
    expect(layoutOfNode("n", node("v1.34.0", {}, "cri-o://1.34.0"), "k3s").name).to.equal("cri-o"));

  it("is refused, with node and annotation, when it is unknown or for another runtime", () => {
    const annotated = (value: string) => node("v1.35.4", { annotations: { [annotations.runtimeLayout]: value } });
    expect(refusal(() => layoutOfNode("n", annotated("k4s"), undefined))).to.match(
      /^annotation pulumi-vnic\.dev\/runtime-layout of node n: "k4s" is not a runtime layout; give one of containerd, k3s/,
    );
    expect(refusal(() => layoutOfNode("n", annotated("cri-o"), undefined))).to.equal(
      'annotation pulumi-vnic.dev/runtime-layout of node n: "cri-o" is a layout of cri-o, but the node runs containerd',
    );
  });

  it("is refused for an unsupported runtime, with the supported ones", () =>
    expect(refusal(() => layoutOfNode("n", node("v1.35.4", {}, "docker://28.0.1"), undefined))).to.equal(
      "node n runs containers by docker, which is not supported; supported are containerd, cri-o",
    ));

  it("is refused for a node that runs no containers itself, or runs another system, by words that say so", () => {
    expect(refusal(() => layoutOfNode("n", node("v1.35.4", {}, ""), undefined))).to.match(
      /^node n names no container runtime; its pods can't have Vnics if it is a virtual node/,
    );
    const windows = { nodeInfo: { containerRuntimeVersion: "containerd://2.1.4", operatingSystem: "windows" } };
    expect(refusal(() => layoutOfNode("n", { status: windows }, undefined))).to.equal(
      "node n runs windows; its pods can't have Vnics, which need Linux",
    );
  });

  it("is refused by short words that a terminal can show, whatever the kubelet reports", () => {
    for (const odd of ["\u001b[2J://", `${"x".repeat(1_000_000)}://1`, "a\u202eb"])
      expect(refusal(() => layoutOfNode("n", node("v1.35.4", {}, odd), undefined))).to.match(
        /^node n runs containers by "[^\p{Cc}\p{Cf}]{1,150}, which is not supported/u,
      );
  });
});

describe("the name of a layout", () => {
  for (const bad of [
    "",
    "docker:/run/docker",
    "containerd:",
    "containerd:run",
    "containerd:/",
    "containerd:/a/../b",
    "containerd:/a//b",
    "containerd:/a:/b",
    "containerd:/a/.b",
    "toString:/a",
  ])
    it(`can't be ${JSON.stringify(bad)}`, () =>
      expect(refusal(() => parseLayout(bad))).to.include("is not a runtime layout"));

  it("may be a runtime and a state directory", () =>
    expect(parseLayout("containerd:/data/containerd-1.x").netnsDirectories).to.deep.equal([
      "/run/netns",
      "/data/containerd-1.x/io.containerd.grpc.v1.cri/netns",
    ]));
});

describe("a path within a directory", () => {
  it("is below it, neither beside nor above it", () => {
    expect(isIn("/run/netns", "/run/netns/cni-1")).to.equal(true);
    for (const path of ["/run/netns", "/run/netns2/cni-1", "/run/netns/../x", "/proc/1/ns/net"])
      expect(isIn("/run/netns", path), path).to.equal(false);
  });
});
