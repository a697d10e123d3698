import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { defaultImage } from "../../provider/base/package.ts";
import type { Manifest } from "../../provider/model/platform/manifest.ts";
import type { PlatformOptions } from "../../provider/model/platform/options.ts";
import { platformManifests } from "../../provider/model/platform/platform.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { runCommand } from "../support/command-line.ts";

const workload = {
  resources: { requests: { cpu: "50m" }, limits: { memory: "768Mi", cpu: "1" } },
  nodeSelector: { "example.org/edge": "yes" },
  tolerations: [
    { key: "edge", operator: "Equal" as const, value: "yes", effect: "NoExecute" as const, tolerationSeconds: 60 },
  ],
  priorityClassName: "edge-first",
};

/** All options, each with a value other than the default. */
const options: PlatformOptions = {
  image: defaultImage,
  imagePullSecrets: ["pull"],
  openshift: true,
  labels: { "example.org/team": "net" },
  annotations: { "example.org/contact": "net@example.org" },
  agent: workload,
  reconciler: {
    ...workload,
    replicas: 3,
    antiAffinity: "required",
    topologySpread: [{ topologyKey: "topology.kubernetes.io/zone", maxSkew: 2, whenUnsatisfiable: "DoNotSchedule" }],
  },
};

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: Readonly<Record<string, unknown>> } };
}

const nameOf = ({ kind, metadata: { namespace, name } }: Manifest) => [kind, namespace, name].join("/");

describe("a platform with options", () => {
  let api: ApiServer;
  const manifests = platformManifests(options);
  const plain = platformManifests({ image: defaultImage });
  const workloads = manifests.filter(({ kind }) => ["DaemonSet", "Deployment"].includes(kind)) as unknown as Workload[];
  const create = async (object: object) => (await api.tryCreate(object)).stderr.trim();
  const podOf = ({ metadata, spec }: Workload, more: object = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "probe", namespace: metadata.namespace },
    spec: { ...spec.template.spec, ...more },
  });

  const scc = "securitycontextconstraints";
  const foreign = [
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${scc}.security.openshift.io` },
      spec: {
        group: "security.openshift.io",
        scope: "Cluster",
        names: { plural: scc, singular: scc, kind: "SecurityContextConstraints" },
        versions: [
          {
            ...{ name: "v1", served: true, storage: true },
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    },
    { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "edge-first" }, value: 1000 },
  ];

  before(async () => {
    api = await apiServer();
    await applyObjects(api.kubectl, foreign);
    await until("the kind of OpenShift", 30, async () =>
      (await api.kubectl(["get", scc])).code === 0 ? true : undefined,
    );
  });
  // Another test of this API server compares all rights with those of a platform without options.
  after(async () => {
    const names = new Set(plain.map(nameOf));
    const items = [...manifests.filter((manifest) => !names.has(nameOf(manifest))), ...foreign];
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kubectl(api.kubectl, ["delete", "--ignore-not-found", "-f", "-"], list);
  });

  it("replaces a platform without options in one apply, without waiting for the changed policy", async () => {
    await applyObjects(api.kubectl, plain);
    await until("the policy to take effect", 60, async () =>
      (await create(podOf(workloads[0] as Workload))).includes("denied") ? true : undefined,
    );
    await applyObjects(api.kubectl, manifests);
  });

  it("has a policy that admits its own workloads and their pods, and no pods with other options", async () => {
    const other = plain.find(({ kind }) => kind === "Deployment") as unknown as Workload;
    const [agent] = workloads as [Workload];
    await until("the policy to take effect", 60, async () => {
      const refused = (await create(podOf(agent, { hostPID: true }))).includes("denied");
      return refused && (await create(podOf(agent))) === "" ? true : undefined;
    });
    for (const own of workloads) {
      expect(await create({ ...own, metadata: { ...own.metadata, name: "probe" } }), own.kind).to.equal("");
      expect(await create(podOf(own)), `pod of ${own.kind}`).to.equal("");
      for (const changed of [
        { nodeSelector: { "kubernetes.io/os": "linux" } },
        { tolerations: [] },
        { priorityClassName: "system-node-critical" },
        { affinity: { podAffinity: {} } },
      ])
        expect(await create(podOf(own, changed)), JSON.stringify(changed)).to.match(/differs from the template/);
    }
    expect(await create(podOf(other))).to.match(/nodeSelector/);
  });

  it("is the same by kustomize, from the files of manifests --split", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vnic-kustomize-"));
    try {
      await writeFile(join(folder, "options.json"), JSON.stringify(options));
      const words = ["manifests", "--options", join(folder, "options.json"), "--split", join(folder, "split")];
      expect(await runCommand(words)).to.include({ code: 0 });
      const { code, stdout, stderr } = await api.kubectl(["kustomize", join(folder, "split")]);
      expect(code, stderr).to.equal(0);
      const built = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
      const byName = (all: readonly Manifest[]) =>
        all.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
      expect(byName(built)).to.deep.equal(byName(JSON.parse(JSON.stringify(manifests)) as Manifest[]));
      const apply = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-k", join(folder, "split")];
      expect((await kubectl(api.kubectl, apply)).trim().split("\n")).to.have.length(manifests.length);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("gives the image pull secrets to the pods", async () => {
    for (const own of workloads) {
      const words = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
      const { stdout } = await api.kubectl(words, JSON.stringify(podOf(own)));
      const pod = JSON.parse(stdout) as { spec: { imagePullSecrets: object[] } };
      expect(pod.spec.imagePullSecrets).to.deep.equal([{ name: "pull" }]);
    }
  });
});
