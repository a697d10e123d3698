import { expect } from "chai";
import { systemPolicy, templatesIn } from "../../../../provider/model/platform/system-policy.ts";
import { partManifests } from "../../../../provider/model/platform/platform.ts";

const image = "registry.example/pulumi-vnic-node@sha256:0123";

interface Policy {
  readonly spec: {
    readonly variables: readonly { readonly name: string; readonly expression: string }[];
    readonly validations: readonly { readonly expression: string; readonly messageExpression: string }[];
  };
}

const policyOf = (...args: Parameters<typeof systemPolicy>) => systemPolicy(...args)[0] as unknown as Policy;
const variable = (policy: Policy, name: string): unknown =>
  JSON.parse(policy.spec.variables.find((one) => one.name === name)?.expression ?? "");

const standing = {
  spec: {
    serviceAccountName: "vnic-watcher",
    automountServiceAccountToken: true,
    containers: [
      {
        command: ["node", "/app/watcher.mjs"],
        env: [{ name: "VNIC_PORT" }],
        readinessProbe: { exec: { command: ["true"] } },
        securityContext: { capabilities: { add: ["NET_RAW"] } },
      },
    ],
  },
};

describe("the policy of our own namespace", () => {
  it("allows, for each service account, what our template has", () => {
    const policy = policyOf({ image }, [{ kind: "Deployment", template: standing }]);
    expect(variable(policy, "capabilities")).to.deep.equal({
      "vnic-injector": ["NET_ADMIN", "SYS_ADMIN", "NET_RAW"],
      "vnic-watcher": ["NET_RAW"],
    });
    expect(variable(policy, "paths")).to.deep.equal({
      "vnic-injector": [
        "/run/containerd/io.containerd.runtime.v2.task",
        "/run/netns",
        "/run/containerd/io.containerd.grpc.v1.cri/netns",
        "/var/lib/cni/results",
        "/var/lib/pulumi-vnic",
        "/run/k3s/containerd/io.containerd.runtime.v2.task",
        "/run/k3s/containerd/io.containerd.grpc.v1.cri/netns",
        "/run/k0s/containerd/io.containerd.runtime.v2.task",
        "/run/k0s/containerd/io.containerd.grpc.v1.cri/netns",
        "/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task",
        "/var/snap/microk8s/common/run/containerd/io.containerd.grpc.v1.cri/netns",
        "/run/containers/storage/overlay-containers",
      ],
      "vnic-watcher": [],
    });
    expect(variable(policy, "commands")).to.deep.include({ "vnic-watcher": [["node", "/app/watcher.mjs"]] });
    expect(variable(policy, "probes")).to.deep.include({ "vnic-watcher": [["true"]] });
    expect(variable(policy, "variablesSet")).to.deep.include({ "vnic-watcher": ["VNIC_PORT"] });
  });

  it("allows the path of a runtime layout that the options name, and no other", () => {
    const paths = (more: object) => JSON.stringify(variable(policyOf({ image, ...more }, []), "paths"));
    const bundles = "/data/containerd/io.containerd.runtime.v2.task";
    expect(paths({})).to.not.include(bundles);
    expect(paths({ runtimeLayout: "containerd:/data/containerd" })).to.include(bundles);
    expect(paths({ allowRuntimeLayouts: ["containerd:/data/containerd"] })).to.include(bundles);
  });

  it("allows the image, and other images only if they are named", () => {
    const rules = (more: object) => JSON.stringify(policyOf({ image, ...more }, []).spec.validations);
    expect(rules({})).to.include(image).and.not.include("older:1");
    expect(rules({ allowImages: ["registry.example/older:1"] })).to.include("registry.example/older:1");
  });

  it("finds the templates of everything that runs in the namespace", () => {
    const manifests = [
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" }, spec: { template: standing } },
    ];
    expect(templatesIn([...manifests, ...partManifests("crds", { image })])).to.deep.equal([
      { kind: "Deployment", template: standing },
    ]);
  });
});
