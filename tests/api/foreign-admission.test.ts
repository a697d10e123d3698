import { expect } from "chai";
import type { WatchedCluster } from "../../provider/cluster/cluster.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { observe } from "../../provider/lifecycle/observe.ts";
import type { StoredAddress } from "../../provider/model/address/address.ts";
import { apiVersion, group, systemNamespace } from "../../provider/model/names.ts";
import { partManifests } from "../../provider/model/platform/platform.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { reconcileVnic } from "../../provider/reconciler/controller.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, startApiServer } from "../support/api/server.ts";
import { driverOf, faithfulNodeSide, makeNode, makePods, numbered, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { someSessionJob } from "../support/session-job.ts";

const namespace = "foreign-admission";
const api1 = "admissionregistration.k8s.io";

/* Clusters whose administrators let the API server change objects of all kinds: ours must still work. */
describe("a cluster whose admission changes objects", () => {
  let api: ApiServer;
  let driver: Driver & { readonly cluster: WatchedCluster };
  before(async () => {
    api = await startApiServer({
      standing: ["policies", "agent", "reconciler"],
      flags: [
        "--enable-admission-plugins=AlwaysPullImages,MutatingAdmissionPolicy",
        "--feature-gates=MutatingAdmissionPolicy=true",
        `--runtime-config=${api1}/v1beta1=true`,
      ],
    });
    await api.makeNamespace(namespace);
    await makeNode(api, "foreign-1");
    await makePods(api, namespace, "foreign-1", ["db-0"]);
    driver = driverOf(await standInCluster(api.kubeconfig, faithfulNodeSide()));
    await until("the policies to take effect", 30, async () => {
      const job = someSessionJob();
      const { spec } = job.spec.template;
      const hostile = { ...podOf(spec), spec: { ...spec, hostPID: true } };
      return (await api.tryCreate(hostile)).stderr.includes("own-pods-only") || undefined;
    });
  });
  after(() => driver.sessions.close());

  const podOf = (spec: object) => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "probe", namespace: systemNamespace } },
    spec,
  });

  const templates: [what: string, spec: object][] = [
    ["an injection session", someSessionJob().spec.template.spec],
    ...(["agent", "reconciler"] as const).flatMap((part) =>
      (partManifests(part, { image: defaultImage }) as { spec?: { template?: { spec: object } } }[]).flatMap(
        ({ spec }): [string, object][] => (spec?.template ? [[`the ${part}`, spec.template.spec]] : []),
      ),
    ),
  ];
  for (const [what, spec] of templates)
    it(`admits the pod of ${what} where each image is pulled again (AlwaysPullImages)`, async () => {
      const argv = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
      const { stdout, stderr } = await api.kubectl(argv, JSON.stringify(podOf(spec)));
      expect(stderr).to.equal("");
      const { containers } = (JSON.parse(stdout) as { spec: { containers: { imagePullPolicy: string }[] } }).spec;
      expect(containers.map(({ imagePullPolicy }) => imagePullPolicy)).to.deep.equal(["Always"]);
    });

  /** Lets the API server change all objects of our kinds when they are written. */
  const changing = (name: string, expression: string, operations = ["CREATE", "UPDATE"]) => [
    {
      ...{ apiVersion: `${api1}/v1beta1`, kind: "MutatingAdmissionPolicy", metadata: { name } },
      spec: {
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        matchConstraints: {
          resourceRules: [{ apiGroups: [group], apiVersions: ["*"], operations, resources: ["*"] }],
        },
        mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
      },
    },
    {
      ...{ apiVersion: `${api1}/v1beta1`, kind: "MutatingAdmissionPolicyBinding", metadata: { name } },
      spec: { policyName: name },
    },
  ];
  const lan = { mode: "macvlan", parent: "eth1" };
  const changes: [what: string, expression: string, isThere: (metadata: Record<string, unknown>) => boolean][] = [
    [
      "labels and annotations",
      `Object{metadata: Object.metadata{labels: {"example.com/team": "a"}, annotations: {"example.com/cost": string(request.operation)}}}`,
      ({ labels }) => (labels as Record<string, string> | undefined)?.["example.com/team"] === "a",
    ],
    [
      "annotations that differ at each write",
      `Object{metadata: Object.metadata{annotations: {"example.com/by": request.userInfo.username + object.metadata.?resourceVersion.orValue("")}}}`,
      ({ annotations }) => (annotations as Record<string, string> | undefined)?.["example.com/by"] !== undefined,
    ],
  ];
  for (const [index, [what, expression, isThere]] of changes.entries())
    it(`works with records and claims that get ${what}`, async () => {
      const name = `changing-${index}`;
      const policy = changing(name, expression);
      await applyObjects(api.kubectl, policy);
      const network = { apiVersion, kind: "VnicNetwork", metadata: { name }, spec: lan };
      await until("the change to take effect", 30, async () => {
        const { stdout } = await api.kubectl(
          ["create", "--dry-run=server", "-o", "json", "-f", "-"],
          JSON.stringify(network),
        );
        return stdout !== "" && isThere((JSON.parse(stdout) as { metadata: Record<string, unknown> }).metadata)
          ? true
          : undefined;
      });
      await applyObjects(api.kubectl, [{ ...network, spec: { ...lan, vnicsPerNamespace: 2, freeMacs: true } }]);
      const made = [1, 2].map((number) => ({ ...numbered(namespace, "db-0", number), network: { name } }));
      const states = [];
      for (const one of made) states.push(await inject(driver, one));
      const third = { ...numbered(namespace, "db-0", 3), network: { name } };
      const refusal = await inject(driver, third).then(() => "", String);
      expect(refusal).to.include("may have 2 Vnics");
      for (const state of states) expect((await observe(driver, vnicRef(state), state))?.drift).to.equal(undefined);
      const moved = { ...made[0]!, addresses: ["10.99.0.1/16"] };
      const [first] = states;
      const changed = await inject(driver, moved, { known: first! });
      expect(changed.interface?.addresses).to.deep.equal(["10.99.0.1/16"]);
      // As the reconciler does.
      const context = { ...driver, log: () => undefined, due: new Set<string>(), lost: new Set<string>() };
      expect(await reconcileVnic(context, `${namespace}/${changed.name}`)).to.deep.equal({});
      for (const { name: vnic, uid, node } of [changed, states[1]!])
        await eject(driver, { namespace, name: vnic }, { uid, node }, new Deadline("deleting", 60));
      const left = JSON.parse(await kubectl(api.kubectl, ["get", "vnicaddresses", "-o", "json"])) as {
        items: StoredAddress[];
      };
      expect(left.items.map(({ spec }) => spec.value)).to.deep.equal([]);
      await kubectl(api.kubectl, ["delete", "vnicnetwork", name, "--timeout=20s"]);
      await kubectl(
        api.kubectl,
        ["delete", "-f", "-"],
        JSON.stringify({ apiVersion: "v1", kind: "List", items: policy }),
      );
    });
});
