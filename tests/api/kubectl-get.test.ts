import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { kubectlWith } from "../lab/kubectl.ts";
import { answerGet } from "../lab/kubectl-get.ts";
import type { ApiAccess } from "../lab/api-request.ts";
import { ensureKubernetes } from "../lab/programs.ts";
import type { Output } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects } from "../support/cluster.ts";

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

const namespace = "kubectl-get";
const here = ["-n", namespace];

describe("a `kubectl get` that tests answer by themselves", () => {
  let api: ApiServer;
  let kubectl: string;
  let access: ApiAccess;
  before(async () => {
    api = await apiServer();
    kubectl = join(await ensureKubernetes(), "kubectl");
    const { clusters, users } = JSON.parse(await readFile(api.kubeconfig, "utf8")) as Kubeconfig;
    const { server, "certificate-authority-data": ca } = clusters[0].cluster;
    access = { url: server, ca: Buffer.from(ca, "base64"), token: users[0].user.token };
    await api.makeNamespace(namespace);
    const pod = {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "app",
          image: "none",
          ports: [{ containerPort: 80 }, { containerPort: 81 }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    };
    await applyObjects(api.kubectl, [
      { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "one", labels: { app: "db" } }, spec: pod },
      { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "two" }, spec: pod },
      { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name: "one" } },
      {
        apiVersion: "pulumi-vnic.dev/v1alpha1",
        kind: "VnicNetwork",
        metadata: { name: namespace },
        spec: { parent: "eth1" },
      },
    ]);
  });
  after(() => api.kubectl(["delete", "namespace,vnicnetwork", namespace, "--wait=false"]));

  const answer = (argv: readonly string[]) => answerGet(argv, async () => access);
  const ofKubectl = (argv: readonly string[]): Promise<Output> => kubectlWith(kubectl, api.kubeconfig)(argv);

  for (const argv of [
    [...here, "get", "pods", "-o", "json"],
    ["get", "pod", "one", ...here, "-o", "json"],
    ["get", "pods,jobs,vnics", ...here, "-o", "json"],
    ["get", "nodes", "-o", "json"],
    ["get", "pods", "-A", "-o", "json"],
    // The API server renews one of its own in another namespace.
    ["get", "leases", ...here, "-o", "json"],
    ["get", "pods", ...here, "-o", "name"],
    ["get", "vnicnetworks", "-o", "name"],
    ["get", "vnicnetwork", namespace, "-o", "name"],
    ["get", "vnics", `--namespace=${namespace}`, "-o", "name"],
    ["get", "pods", ...here, "-l", "app=db", "-o", "name"],
    ["get", "pods", ...here, "--field-selector", "metadata.name=two", "-o", "jsonpath={.items[*].metadata.name}"],
    ["get", "pods", ...here, "-o", "jsonpath={.items[*].spec.containers[*].ports[*].containerPort}"],
    [
      "get",
      "pod",
      "one",
      ...here,
      "-o",
      "jsonpath={.metadata.uid} is {.status.phase}, {.status.podIP}{.spec.nodeName}",
    ],
    ["get", "pod", "one", ...here, "-o", "jsonpath={.spec.enableServiceLinks}"],
    ["get", "vnic", "none", ...here, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"],
  ])
    it(`has the answer of kubectl: ${argv.join(" ")}`, async () => {
      const parsed = ({ code, stdout }: Output) => ({
        code,
        stdout: argv.at(-1) === "json" ? (JSON.parse(stdout) as object) : stdout,
      });
      const own = await answer(argv);
      if (!own) throw new Error("it is left to kubectl");
      expect(parsed(own)).to.deep.equal(parsed(await ofKubectl(argv)));
    });

  for (const argv of [
    ["get", "pod", "none", ...here, "-o", "json"],
    ["get", "pods", ...here],
    ["get", "pods", ...here, "-o", "yaml"],
    ["get", "pods", ...here, "-o", "json", "--show-managed-fields"],
    ["get", "pod", "one", "two", ...here, "-o", "name"],
    ["get", "pod", "one", ...here, "-o", "jsonpath={.spec}"],
    ["get", "pod", "one", ...here, "-o", "jsonpath={.spec.containers[0].name}"],
    ["get", "configmaps", ...here, "-o", "name"],
    ["get", "--raw", "/readyz"],
    ["delete", "pod", "one", ...here, "-o", "name"],
    ["exec", "one", ...here, "--", "get", "pods", "-o", "name"],
  ])
    it(`is left to kubectl: ${argv.join(" ")}`, async () => {
      expect(await answer(argv)).to.equal(undefined);
    });
});
