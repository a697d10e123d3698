import { expect } from "chai";
import * as client from "@kubernetes/client-node";
import pLimit from "p-limit";
import { messageOf } from "../../provider/base/errors.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { knownLayouts } from "../../provider/model/kubernetes/runtime-layout.ts";
import { systemNamespace } from "../../provider/model/names.ts";
import { partManifests } from "../../provider/model/platform/platform.ts";
import { type Lab, up } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, removeParts } from "../support/cluster.ts";
import { additionsTo, changesOf, type PodSpec } from "../support/pod-mutations.ts";
import { someSessionJob } from "../support/session-job.ts";

type Workload = client.KubernetesObject & {
  readonly spec: PodSpec & { readonly template?: { readonly spec: PodSpec } };
};

const metadata = { name: "probe", namespace: systemNamespace };
const standing = (["agent", "reconciler"] as const).flatMap((part) =>
  partManifests(part, { image: defaultImage })
    .filter((manifest) => "spec" in manifest && "template" in (manifest.spec as object))
    .map((manifest) => ({ ...manifest, metadata }) as unknown as Workload),
);
const jobs = knownLayouts.map((layout) => {
  return { ...someSessionJob({ layout }), metadata } as unknown as Workload;
});
const podOf = (workload: Workload): Workload =>
  ({ apiVersion: "v1", kind: "Pod", metadata, spec: workload.spec.template?.spec }) as Workload;
const specIn = ({ spec }: Workload): PodSpec => spec.template?.spec ?? spec;
const withSpec = (workload: Workload, spec: PodSpec): Workload => {
  const { template } = workload.spec;
  return template
    ? { ...workload, spec: { ...workload.spec, template: { ...template, spec } } }
    : { ...workload, spec };
};
/** Removes the name of the token's volume, which is different each time. */
const comparable = (workload: Workload) =>
  JSON.stringify(specIn(workload)).replace(/kube-api-access-[a-z0-9]{5}/g, "token");

describe("the policy of our own namespace", () => {
  let lab: Lab;
  let objects: client.KubernetesObjectApi;

  before(async () => {
    lab = await up();
    const config = new client.KubeConfig();
    config.loadFromFile(lab.kubeconfig);
    objects = client.KubernetesObjectApi.makeApiClient(config);
    await installPlatform(lab.kubectl, ["policies"]);
    const accounts =
      standing.length > 0
        ? partManifests("agent", { image: defaultImage }).concat(partManifests("reconciler", { image: defaultImage }))
        : [];
    await applyObjects(
      lab.kubectl,
      accounts.filter(({ kind }) => kind === "ServiceAccount"),
    );
    await until("the policy to take effect", 180, async () => {
      const [job] = jobs;
      return typeof (await create(withSpec(podOf(job!), { ...specIn(job!), hostname: "x" }))) === "string"
        ? true
        : undefined;
    });
  });
  after(() => removeParts(lab.kubectl, "policies"));

  /** The object as the API server would store it, or the API server's error. */
  const create = (workload: Workload): Promise<Workload | string> =>
    objects.create(workload, undefined, "All").then(
      (stored) => stored,
      (error: unknown) => messageOf(error),
    );

  async function accepted(workload: Workload): Promise<Workload> {
    const stored = await create(workload);
    if (typeof stored === "string") throw new Error(stored);
    return stored;
  }

  for (const job of jobs) {
    const [{ env = [] } = {}] = specIn(job).containers as unknown as { env?: { value: string }[] }[];
    it(`admits a session's Job of layout ${env[0]?.value}, and the pod that is made from it`, async () => {
      await accepted(job);
      await accepted(podOf(job));
    });
  }

  for (const workload of [jobs[0]!, ...standing])
    // Workloads other than Jobs are admitted, but their pods aren't.
    for (const subject of workload.kind === "Job" ? [workload, podOf(workload)] : [podOf(workload)]) {
      const words = subject === workload ? `a ${String(workload.kind)}` : `a pod of a ${String(workload.kind)}`;
      it(`admits ${words} as it is and as it is stored, but not with any single thing changed, left out or added`, async () => {
        const original = await accepted(subject);
        await accepted(withSpec(subject, specIn(original)));
        const mutations = [...changesOf(specIn(subject)), ...additionsTo(specIn(subject))];
        expect(mutations.length).to.be.greaterThan(100);
        const limit = pLimit(8);
        const wrong = await Promise.all(
          mutations.map(({ what, spec }) =>
            limit(async () => {
              const stored = await create(withSpec(subject, spec));
              if (typeof stored === "string")
                return /resulted in error|cost/.test(stored) ? [`${what}: ${stored}`] : [];
              return comparable(stored) === comparable(original) ? [] : [what];
            }),
          ),
        );
        expect(wrong.flat()).to.deep.equal([]);
      });
    }

  it("admits what controllers and admission add to a DaemonSet's pod", async () => {
    const [agent] = standing;
    const pod = podOf(agent!);
    const nodeSelectorTerms = [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["node1"] }] }];
    await accepted(
      withSpec(pod, {
        ...specIn(pod),
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
        tolerations: [
          ...(specIn(pod)["tolerations"] as []),
          { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
        ],
        imagePullSecrets: [{ name: "registry" }],
      }),
    );
  });

  const wrongJobs: [what: string, spec: Record<string, unknown>][] = [
    ["a thousand parallel pods", { parallelism: 1000, completions: 1000 }],
    ["repeated pods", { backoffLimit: 6 }],
    ["pods that aren't removed", { ttlSecondsAfterFinished: 86_400 }],
    ["a deadline of its own", { activeDeadlineSeconds: 1 }],
    ["another account's pod", { template: standing[1]?.spec.template }],
    ["the node agent's pod", { template: standing[0]?.spec.template }],
  ];
  for (const [what, given] of wrongJobs)
    it(`admits no Job with ${what}`, async () => {
      const [job] = jobs;
      const template = given["template"] as { spec: object } | undefined;
      const spec = {
        ...job!.spec,
        ...given,
        ...(template ? { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } } : {}),
      };
      const words = await create({ ...job!, spec } as unknown as Workload);
      expect(words).to.match(/a Job may make one pod, once|no Job of pulumi-vnic has service account/);
    });
});
