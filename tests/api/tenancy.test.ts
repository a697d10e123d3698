import { expect } from "chai";
import pLimit from "p-limit";
import { apiVersion, group, injectorServiceAccount, systemNamespace } from "../../provider/model/names.ts";
import { platformManifests } from "../../provider/model/platform/platform.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { appImage } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, removeParts } from "../support/cluster.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { grantedBy, isGranted, keyOf, listRights, openReviews, type Right } from "../support/rights.ts";
import { someSessionJob } from "../support/session-job.ts";

const namespace = "tenancy";
const options = { image: defaultImage };
/** A pod exactly as the Job controller creates it from a session's Job. */
const { spec: own } = someSessionJob().spec.template;

describe("isolation between tenants", () => {
  let api: ApiServer;

  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await installPlatform(api.kubectl, ["policies"]);
    // A policy takes effect only a moment after it was applied.
    await until("the policies to take effect", 30, async () =>
      (await admit({ serviceAccountName: "default" })) ? true : undefined,
    );
  });
  after(() => removeParts(api.kubectl, "policies"));

  /** The API server's message about a pod in our own namespace with these changes; undefined if it is admitted. */
  async function admit(changes: object, container: object = {}): Promise<string | undefined> {
    const spec = { ...own, containers: [{ ...own.containers[0], ...container }], ...changes };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "probe", namespace: systemNamespace }, spec };
    const { code, stderr } = await api.tryCreate(pod);
    return code === 0 ? undefined : stderr;
  }

  describe("in our own namespace", () => {
    it("admits a session's pod without changes", async () => expect(await admit({})).to.equal(undefined));

    const [template] = own.containers;
    const security = template.securityContext;
    const volume = { name: "more", emptyDir: {} };
    const refused: [what: string, changes: object, container: object, words: RegExp][] = [
      ["another service account", { serviceAccountName: "default" }, {}, /service account default is none of those/],
      ["the provider's account", { serviceAccountName: "vnic-provider" }, {}, /service account vnic-provider is none/],
      ["another image", {}, { image: appImage }, /image localhost\/vnic-app:1 may not run in vnic-system/],
      [
        "a second container of another image",
        { initContainers: [{ ...template, name: "first", image: appImage }] },
        {},
        /image localhost\/vnic-app:1 may not run/,
      ],
      [
        "a privileged container",
        {},
        { securityContext: { ...security, privileged: true, allowPrivilegeEscalation: true } },
        /must be unprivileged/,
      ],
      [
        "a writable root file system",
        {},
        { securityContext: { ...security, readOnlyRootFilesystem: false } },
        /read-only root/,
      ],
      [
        "an additional capability",
        {},
        { securityContext: { ...security, capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_PTRACE"] } } },
        /none but those of its service account/,
      ],
      [
        "undropped capabilities",
        {},
        { securityContext: { ...security, capabilities: {} } },
        /must drop all capabilities/,
      ],
      ["the node's process namespace", { hostPID: true }, {}, /the node's processes, IPC or network/],
      [
        "the runtime's socket",
        { volumes: [...own.volumes, { name: "run", hostPath: { path: "/run/containerd" } }] },
        {},
        /one of the service account's/,
      ],
      ["a token", { automountServiceAccountToken: true }, {}, /this service account has no token/],
      ["a shell instead of our program", {}, { command: ["/bin/sh", "-c", "id"] }, /must run the image's own program/],
      ["arguments of its own", {}, { args: ["--inspect"] }, /must run the image's own program/],
      [
        "a hook that runs a program",
        {},
        { lifecycle: { postStart: { exec: { command: ["id"] } } } },
        /must run the image's own program/,
      ],
      [
        "a probe that runs a program",
        {},
        { livenessProbe: { exec: { command: ["id"] } } },
        /must run the image's own program/,
      ],
      [
        "options for Node.js in its environment",
        {},
        { env: [{ name: "NODE_OPTIONS", value: "--inspect" }] },
        /no environment but/,
      ],
      ["environment from elsewhere", {}, { envFrom: [{ configMapRef: { name: "x" } }] }, /no environment but/],
      [
        "a program mounted over ours",
        { volumes: [...own.volumes, { name: "app", configMap: { name: "evil" } }] },
        { volumeMounts: [...template.volumeMounts, { name: "app", mountPath: "/app" }] },
        /may be mounted only where pulumi-vnic mounts it/,
      ],
      [
        "another container's root mounted over ours",
        {},
        { volumeMounts: [{ name: "bundles", mountPath: "/app", subPath: "c0/rootfs" }, ...template.volumeMounts] },
        /may be mounted only where/,
      ],
      [
        "a volume of another kind",
        { volumes: [...own.volumes, { ...volume, emptyDir: undefined, secret: { secretName: "x" } }] },
        {},
        /volumes may be/,
      ],
    ];
    for (const [what, changes, container, words] of refused)
      it(`refuses a pod with ${what}`, async () => expect(await admit(changes, container)).to.match(words));

    it("refuses the Job of such a pod at once, so that its author sees the error", async () => {
      const { stderr } = await api.tryCreate(someSessionJob({ image: appImage }));
      expect(stderr).to.match(
        /image localhost\/vnic-app:1 may not run in vnic-system; allowed: localhost\/pulumi-vnic-node/,
      );
    });
    const job = someSessionJob();
    const inTemplate = (metadata: object) => {
      const template = { ...job.spec.template, metadata: { ...job.spec.template.metadata, ...metadata } };
      return { ...job, spec: { ...job.spec, template } };
    };
    const withLabels = (more: object) => inTemplate({ labels: { ...job.spec.template.metadata.labels, ...more } });
    const inSpec = (fields: object) => ({ ...job, spec: { ...job.spec, ...fields } });
    const wrongJobs: [what: string, job: object, words: RegExp][] = [
      [
        "annotations that a runtime acts on",
        inTemplate({ annotations: { "io.kubernetes.cri-o.Devices": "/dev/mem" } }),
        /template\.metadata\.annotations: a session's pod has none/,
      ],
      [
        "annotations that a network plugin acts on",
        inTemplate({ annotations: { "k8s.v1.cni.cncf.io/networks": "kube-system/lan" } }),
        /template\.metadata\.annotations/,
      ],
      ["a pod that never goes", inTemplate({ finalizers: ["example.com/keep"] }), /have no finalizers/],
      [
        "a finalizer",
        { ...job, metadata: { ...job.metadata, finalizers: ["example.com/keep"] } },
        /have no finalizers/,
      ],
      [
        "the labels of the reconciler's pods, which its disruption budget would count",
        withLabels({ "app.kubernetes.io/component": "reconciler" }),
        /template\.metadata\.labels/,
      ],
      ["another label of ours", withLabels({ "pulumi-vnic.dev/set": "wires" }), /template\.metadata\.labels/],
      ["another label of a part of our group", withLabels({ "a.pulumi-vnic.dev/b": "" }), /template\.metadata\.labels/],
      ["no labels", inTemplate({ labels: {} }), /template\.metadata\.labels/],
      ["a controller of its own", inSpec({ managedBy: "example.com/none" }), /one pod, once/],
      ["a policy for failed pods", inSpec({ podFailurePolicy: { rules: [] } }), /one pod, once/],
      [
        "a pod for each index",
        inSpec({ completionMode: "Indexed", backoffLimitPerIndex: 3, maxFailedIndexes: 1 }),
        /one pod, once/,
      ],
      [
        "a policy for success",
        inSpec({ completionMode: "Indexed", successPolicy: { rules: [{ succeededCount: 1 }] } }),
        /one pod, once/,
      ],
      [
        "a selector of its own",
        inSpec({ manualSelector: true, selector: { matchLabels: job.spec.template.metadata.labels } }),
        /one pod, once/,
      ],
    ];
    for (const [what, wrong, words] of wrongJobs)
      it(`refuses a Job with ${what}`, async () => expect((await api.tryCreate(wrong)).stderr).to.match(words));

    it("admits a session's Job, also with a label that the cluster's own admission adds", async () => {
      for (const right of [job, withLabels({ "example.com/team": "net" })])
        expect((await api.tryCreate(right)).stderr).to.equal("");
    });
  });

  describe("of Vnics", () => {
    it("has no field for a pod in another namespace", async () => {
      const spec = {
        pod: { name: "db", namespace: "kube-system" },
        network: { mode: "macvlan", parent: "eth1" },
        addresses: ["192.168.50.91/24"],
        mac: "02:00:00:00:00:91",
        interfaceName: "net1",
      };
      const vnic = { apiVersion, kind: "Vnic", metadata: { name: "wire", namespace }, spec };
      const create = (...flags: string[]) =>
        api.kubectl(["create", "--dry-run=server", ...flags, "-o", "json", "-f", "-"], JSON.stringify(vnic));
      expect((await create()).stderr).to.match(/unknown field "spec.pod.namespace"/);
      const { stdout } = await create("--validate=ignore");
      expect((JSON.parse(stdout) as typeof vnic).spec.pod, "pruned").to.deep.equal({ name: "db" });
    });
  });

  describe("of VnicNetworks", () => {
    const network = (...namespaces: string[]) => ({
      apiVersion,
      kind: "VnicNetwork",
      metadata: { name: "tenants" },
      spec: { mode: "macvlan", parent: "eth1", namespaces },
    });
    const onIt = { network: { name: "tenants" } };
    const addresses = ["192.168.50.92/24"];
    const records = [
      { kind: "Vnic", spec: { ...onIt, pod: { name: "db" }, addresses } },
      { kind: "VnicSet", spec: { selector: { app: "db" }, template: onIt } },
    ].map((record) => ({ apiVersion, metadata: { name: "wire", namespace }, ...record }));
    const create = async (record: object) => (await api.tryCreate(record)).stderr;
    after(() => api.kubectl(["delete", "vnicnetwork", "tenants", "--ignore-not-found"]));

    it("refuses records of namespaces that the Network isn't for, and accepts those of others", async () => {
      await applyObjects(api.kubectl, [network("elsewhere")]);
      for (const record of records)
        await until(`a ${record.kind} to be refused`, 30, async () => {
          const words = await create(record);
          return words.includes("VnicNetwork tenants is not for namespace tenancy; an administrator can") || undefined;
        });
      await applyObjects(api.kubectl, [network("elsewhere", namespace)]);
      for (const record of records)
        await until(`a ${record.kind} to be let in`, 30, async () => (await create(record)) === "" || undefined);
    });
  });

  const granted = grantedBy(platformManifests(options));
  const accounts = platformManifests(options)
    .filter(({ kind }) => kind === "ServiceAccount")
    .map(({ metadata }) => metadata.name);
  const installRights = () =>
    applyObjects(
      api.kubectl,
      platformManifests(options).filter(({ kind }) => /^(ServiceAccount|(Cluster)?Role(Binding)?)$/.test(kind)),
    );

  it("gives each account no right that the manifests don't name, on whatever the API server has", async () => {
    await installRights();
    expect(accounts).to.include(injectorServiceAccount);
    for (const account of accounts)
      for (const place of [systemNamespace, namespace]) {
        const wanted = granted.filter((one) => isGranted(granted, { ...one, account, namespace: place }));
        // A role that was just applied takes effect a moment later.
        await until(`the rights of ${account} in ${place}`, 30, async () => {
          const listed = new Set((await listRights(api, account, place)).map(keyOf));
          expect([...listed].filter((one) => !wanted.some((right) => keyOf(right) === one))).to.deep.equal([]);
          return wanted.every((right) => listed.has(keyOf(right))) || undefined;
        });
      }
  });

  it("gives each account exactly the rights of the manifests, for every verb on every resource", async () => {
    await installRights();
    const sensitive = [
      ["", "secrets"],
      ["", "configmaps"],
      ["", "pods"],
      ["", "pods/exec"],
      ["", "pods/attach"],
      ["", "pods/ephemeralcontainers"],
      ["", "pods/portforward"],
      ["", "nodes"],
      ["", "nodes/proxy"],
      ["", "serviceaccounts"],
      ["", "serviceaccounts/token"],
      ["apps", "daemonsets"],
      ["batch", "jobs"],
      ["rbac.authorization.k8s.io", "clusterroles"],
      ["rbac.authorization.k8s.io", "rolebindings"],
      ["admissionregistration.k8s.io", "validatingadmissionpolicies"],
      [group, "vnics"],
      [group, "vnics/status"],
      [group, "vnicsets"],
    ];
    const resources = [
      ...new Map(
        [...granted.map((one) => [one.group, one.resource]), ...sensitive].map((pair) => [pair.join(" "), pair]),
      ).values(),
    ];
    const verbs = [
      "get",
      "list",
      "watch",
      "create",
      "update",
      "patch",
      "delete",
      "deletecollection",
      "escalate",
      "bind",
      "impersonate",
    ];
    const questions: Right[] = accounts.flatMap((account) =>
      resources.flatMap(([group = "", resource = ""]) =>
        verbs.flatMap((verb) =>
          [systemNamespace, namespace].map((place) => ({
            account,
            verb,
            group,
            resource,
            namespace: place,
          })),
        ),
      ),
    );
    const may = openReviews(api.kubeconfig);
    const limit = pLimit(20);
    const wrong = await Promise.all(
      questions.map((right) =>
        limit(async () => ((await may(right)) === isGranted(granted, right) ? undefined : JSON.stringify(right))),
      ),
    );
    expect(wrong.filter((one) => one !== undefined)).to.deep.equal([]);
    expect(
      questions.filter((right) => isGranted(granted, right)).length,
      "rights asked for that are granted",
    ).to.be.greaterThan(10);
  });
});
