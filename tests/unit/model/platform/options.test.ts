import { expect } from "chai";
import * as z from "zod";
import {
  agentName,
  injectorServiceAccount,
  reconcilerName,
  systemNamespace,
} from "../../../../provider/model/names.ts";
import { type Manifest, pathOf } from "../../../../provider/model/platform/manifest.ts";
import {
  type AgentOptions,
  type PlatformOptions,
  platformOptions,
  type ReconcilerOptions,
} from "../../../../provider/model/platform/options.ts";
import { platformManifests } from "../../../../provider/model/platform/platform.ts";
import { isCanonicalQuantity } from "../../../../provider/model/platform/quantity.ts";
import type { PlatformArgs, ReconcilerArgs, WorkloadArgs } from "../../../../sdk/platform-args.ts";

const image = "registry.example/vnic:1";
const make = (options: Partial<PlatformOptions> = {}) => platformManifests({ image, ...options });

interface Pod {
  readonly spec: Record<string, unknown> & { containers: [{ resources: object; securityContext: object }] };
}
interface Workload extends Manifest {
  readonly metadata: Manifest["metadata"] & { labels?: object; annotations?: object };
  readonly spec: { template: Pod & { metadata: { labels: object; annotations?: object } }; selector: object };
}

function workload(manifests: readonly Manifest[], name: string): Workload {
  const found = manifests.find(({ kind, metadata }) => metadata.name === name && /^D.*t$/.test(kind));
  if (!found) throw new Error(`no ${name}`);
  return found as Workload;
}
const podOf = (options: Partial<PlatformOptions>, name: string) => workload(make(options), name).spec.template.spec;

/** These types compile only if the class has exactly the schema's options. */
type Missing<Schema, Class> = Exclude<keyof Required<Schema>, keyof Class>;
const missed: readonly [
  Missing<PlatformOptions, PlatformArgs>[],
  Missing<AgentOptions, WorkloadArgs>[],
  Missing<ReconcilerOptions, ReconcilerArgs>[],
] = [[], [], []] satisfies readonly [never[], never[], never[]];
const accepted = (args: Omit<PlatformArgs, "image" | "without">): Omit<PlatformOptions, "image"> => args;

describe("the options of a platform", () => {
  it("have a complete JSON Schema", () => {
    const schema = z.toJSONSchema(platformOptions, { io: "input" });
    expect(schema.required).to.deep.equal(["image"]);
    expect(schema.properties).to.include.keys("agent", "reconciler", "imagePullSecrets", "labels", "openshift");
    expect([missed, accepted({})]).to.deep.equal([[[], [], []], {}]);
  });

  const bad: [object, RegExp][] = [
    [{ reconciler: { replicas: 0 } }, /^reconciler\.replicas: is less than 1$/],
    [{ reconciler: { resyncSeconds: 604_801 } }, /^reconciler\.resyncSeconds: is more than 604800, a week$/],
    ...["", "it's:1", 'x"', "a b", "a\nb", "-a", "\u202ea"].map((image): [object, RegExp] => [
      { image },
      /^image: .* is not an image; write it like "registry\.example\/pulumi-vnic-node:0\.1\.0"$/,
    ]),
    [{ allowImages: ["a:1", "x' + 'y"] }, /^allowImages\[1\]: .* is not an image/],
    [
      { labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
      /"rbac\.authorization\.k8s\.io\/aggregate-to-view" is a key that pulumi-vnic or Kubernetes acts on/,
    ],
    [{ annotations: { "network.pulumi-vnic.dev/x": "" } }, /is a key that pulumi-vnic or Kubernetes acts on/],
    [{ reconciler: { nodes: 1 } }, /^reconciler\.nodes: is not a property of a platform/],
    [
      { agent: { resources: { limits: { memory: "1024Mi" } } } },
      /limits\.memory: "1024Mi" is not a quantity in its shortest/,
    ],
    [{ agent: { nodeSelector: { "a b": "c" } } }, /"a b"|agent\.nodeSelector/],
    [{ imagePullSecrets: ["Not_A_Name"] }, /^imagePullSecrets\[0\]: "Not_A_Name" is not a name/],
    [{ labels: { "app.kubernetes.io/name": "mine" } }, /app\.kubernetes\.io\/name.* pulumi-vnic sets|labels/],
    [{ labels: { "pod-security.kubernetes.io/enforce": "restricted" } }, /labels/],
    [{ runtimeLayout: "k9s" }, /^runtimeLayout: "k9s" is not a runtime layout/],
    [{ reconciler: { antiAffinity: "maybe" } }, /^reconciler\.antiAffinity: is none of/],
    [{ openshift: "yes" }, /^openshift: "yes" is not a boolean/],
  ];
  for (const [options, words] of bad)
    it(`are refused by property and rule: ${JSON.stringify(options)}`, () =>
      expect(() => make(options)).to.throw(words));

  it("put pods on Linux nodes, and where they say besides", () => {
    expect(podOf({}, agentName)["nodeSelector"]).to.deep.equal({ "kubernetes.io/os": "linux" });
    const edge = { "example.org/edge": "yes" };
    const tolerations = [{ key: "edge", operator: "Exists" as const }];
    for (const name of [agentName, reconcilerName]) {
      const own = { nodeSelector: edge, tolerations, priorityClassName: "high" };
      expect(podOf({ agent: own, reconciler: own }, name)).to.deep.include({
        nodeSelector: { "kubernetes.io/os": "linux", ...edge },
        tolerations,
        priorityClassName: "high",
      });
    }
    expect(podOf({}, agentName)).to.deep.include({ tolerations: [{ operator: "Exists" }] });
    expect(podOf({}, reconcilerName)).not.to.include.keys("tolerations", "priorityClassName");
  });

  it("give containers resources, with a request for each limit", () => {
    const resources = { limits: { memory: "1Gi", cpu: "500m" }, requests: { memory: "128Mi" } };
    for (const name of [agentName, reconcilerName])
      expect(podOf({ agent: { resources }, reconciler: { resources } }, name).containers[0].resources).to.deep.equal({
        requests: { memory: "128Mi", cpu: "500m" },
        limits: { memory: "1Gi", cpu: "500m" },
      });
  });

  it("keep replicas on different nodes, and limit disruption by drains", () => {
    const budgets = (options: Partial<PlatformOptions>) =>
      make(options).filter(({ kind }) => kind === "PodDisruptionBudget");
    const zones = [{ topologyKey: "topology.kubernetes.io/zone" }];
    const labelSelector = workload(make(), reconcilerName).spec.selector;
    expect(podOf({}, reconcilerName)["affinity"]).to.have.nested.property(
      "podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution",
    );
    expect(podOf({ reconciler: { antiAffinity: "required" } }, reconcilerName)["affinity"]).to.deep.equal({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: "kubernetes.io/hostname" }],
      },
    });
    expect(podOf({ reconciler: { antiAffinity: "none" } }, reconcilerName)).not.to.include.keys("affinity");
    expect(podOf({ reconciler: { topologySpread: zones } }, reconcilerName)["topologySpreadConstraints"]).to.deep.equal(
      [{ ...zones[0], maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway", labelSelector }],
    );
    expect(budgets({})).to.have.length(1);
    expect(budgets({ reconciler: { replicas: 1 } })).to.have.length(0);
    expect(budgets({ reconciler: { disruptionBudget: false } })).to.have.length(0);
  });

  it("add labels and annotations to all objects and pods, without removing ours", () => {
    const own = { labels: { "example.org/team": "net" }, annotations: { "example.org/contact": "net@example.org" } };
    for (const [index, manifest] of (make(own) as Workload[]).entries()) {
      const plain = make()[index] as Workload;
      expect(manifest.metadata.labels, pathOf(manifest)).to.deep.equal({ ...plain.metadata.labels, ...own.labels });
      expect(manifest.metadata.annotations).to.deep.equal({ ...plain.metadata.annotations, ...own.annotations });
    }
    const { template, selector } = workload(make(own), agentName).spec;
    expect(template.metadata.labels).to.deep.include(own.labels);
    expect(selector).to.deep.equal(workload(make(), agentName).spec.selector);
  });

  it("give the image pull secrets to the accounts of our pods, and to no other", () => {
    const accounts = make({ imagePullSecrets: ["pull"] }).filter((one) => "imagePullSecrets" in one);
    expect(accounts.map(({ metadata }) => metadata.name)).to.have.members([
      injectorServiceAccount,
      agentName,
      reconcilerName,
    ]);
    expect(accounts[0]).to.deep.include({ imagePullSecrets: [{ name: "pull" }] });
  });

  it("add for OpenShift only what our pods need", () => {
    expect(make().some(({ apiVersion }) => apiVersion.includes("openshift"))).to.equal(false);
    const added = make({ openshift: true }).filter((one) => !make().some((other) => pathOf(other) === pathOf(one)));
    expect(added.map(pathOf)).to.deep.equal([
      "/apis/security.openshift.io/v1/securitycontextconstraints/pulumi-vnic",
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${systemNamespace}/roles/pulumi-vnic-node`,
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${systemNamespace}/rolebindings/pulumi-vnic-node`,
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${systemNamespace}/roles/pulumi-vnic-reconciler`,
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${systemNamespace}/rolebindings/pulumi-vnic-reconciler`,
    ]);
    expect(added[0]).to.deep.include({
      allowPrivilegedContainer: false,
      allowHostPID: false,
      allowHostNetwork: true,
      allowedCapabilities: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW", "NET_BIND_SERVICE"],
    });
  });

  it("let the agent read files of the runtime when SELinux is enforcing", () =>
    expect(podOf({}, agentName).containers[0].securityContext).to.deep.include({ seLinuxOptions: { type: "spc_t" } }));
});

describe("a quantity", () => {
  for (const text of ["0", "1", "250m", "1500m", "512Mi", "1Gi", "1536Mi", "64Ki", "100M", "2048"])
    it(`${text} is accepted, as it is stored unchanged`, () => expect(isCanonicalQuantity(text)).to.equal(true));
  for (const text of ["", "1000m", "1024Mi", "2000", "0.5", "1e3", "-1", "01", "0Mi", "1 Gi", "1GB"])
    it(`${JSON.stringify(text)} is refused, as it would be rewritten or is invalid`, () =>
      expect(isCanonicalQuantity(text)).to.equal(false));
});
