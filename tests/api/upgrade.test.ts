import { expect } from "chai";
import { agentName, reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import type { Manifest } from "../../provider/model/platform/manifest.ts";
import { partManifests, platformManifests } from "../../provider/model/platform/platform.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects } from "../support/cluster.ts";

const image = "registry.example/pulumi-vnic-node:1";
const nextImage = "registry.example/pulumi-vnic-node:2";
const clerk = "clerk";

/** Someone with all rights in the namespace that an installer needs, but none on admission policies. */
const rights = [
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: clerk, namespace: systemNamespace },
    rules: [
      { apiGroups: ["apps"], resources: ["deployments", "daemonsets"], verbs: ["*"] },
      { apiGroups: ["", "batch"], resources: ["pods", "jobs"], verbs: ["*"] },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: clerk, namespace: systemNamespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: clerk },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: clerk }],
  },
];

describe("the policy of vnic-system, while an installation is changed to another image", () => {
  let api: ApiServer;
  const workloads = (image: string) =>
    platformManifests({ image }).filter(({ metadata: { name } }) => [agentName, reconcilerName].includes(name));
  const [daemonSet, deployment] = ["DaemonSet", "Deployment"].map(
    (kind) => workloads(nextImage).find((one) => one.kind === kind) as Manifest & { spec: { template: object } },
  );

  const apply = (object: object, ...as: string[]) =>
    api.kubectl(
      ["apply", "--server-side", "--force-conflicts", "--dry-run=server", ...as, "-f", "-"],
      JSON.stringify(object),
    );

  before(async () => {
    api = await apiServer();
    await applyObjects(api.kubectl, [...platformManifests({ image }), ...rights]);
    await until("the policy's refusal", 60, async () => {
      const { code, stderr } = await apply(deployment!, `--as=${clerk}`);
      return code !== 0 && stderr.includes("own-pods-only") ? true : undefined;
    });
  });
  after(async () => {
    const made = [...rights, ...workloads(image), ...partManifests("policies", { image })];
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: made });
    await api.kubectl(["delete", "--ignore-not-found", "-f", "-"], list);
  });

  for (const object of [daemonSet, deployment]) {
    it(`refuses a ${object?.kind} of the next image to who may write just that`, async () => {
      const { code, stderr } = await apply(object!, `--as=${clerk}`);
      expect(code).not.to.equal(0);
      expect(stderr).to.include(`image ${nextImage} may not run in vnic-system`);
    });

    it(`lets who may write the policy, too, write the ${object?.kind} first`, async () => {
      const { code, stderr } = await apply(object!);
      expect(code, stderr).to.equal(0);
    });

    it(`refuses the pods of that ${object?.kind} all the same, until the policy lets them in`, async () => {
      const { template } = object!.spec;
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        ...template,
        metadata: { name: "next", namespace: systemNamespace },
      };
      const { code, stderr } = await api.kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(pod));
      expect(code).not.to.equal(0);
      expect(stderr).to.include(`image ${nextImage} may not run in vnic-system`);
    });
  }
});
