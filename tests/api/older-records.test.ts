import { expect } from "chai";
import { networkCrd } from "../../provider/model/network/crd.ts";
import { apiVersion, finalizer } from "../../provider/model/names.ts";
import { vnicCrd } from "../../provider/model/vnic/crd.ts";
import { vnicSetCrd } from "../../provider/model/vnic-set/crd.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { bounds } from "../support/oversized.ts";

/* Records that an earlier version accepted and this version would refuse can still be updated and deleted. */

const kinds = [
  { kind: "Vnic", crd: vnicCrd(), part: "routes" },
  { kind: "VnicSet", crd: vnicSetCrd(), part: "addresses[0].exclude" },
  { kind: "VnicNetwork", crd: networkCrd(), part: "namespaces" },
] as const;

describe("a record that was there before the rule that it breaks", () => {
  let api: ApiServer;
  const namespace = "older";
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
  });
  after(() =>
    applyObjects(
      api.kubectl,
      kinds.map(({ crd }) => crd),
    ),
  );

  for (const { kind, crd, part } of kinds)
    it(`can be changed and deleted: a ${kind} with a dot in its name, and with too many ${part}`, async () => {
      const bound = bounds.find((one) => one.kind === kind && one.property === part);
      const record = (name: string, size: number) => ({
        apiVersion,
        kind,
        metadata: { name, finalizers: [finalizer], ...(kind === "VnicNetwork" ? {} : { namespace }) },
        spec: bound?.of(size),
      });
      const limit = bound?.limit ?? NaN;
      const run = (...argv: string[]) => kubectl(api.kubectl, ["-n", namespace, ...argv]);
      await applyObjects(api.kubectl, [withoutRules(crd)]);
      // The API server applies a changed CRD only after a moment.
      await until("the earlier schema", 30, async () =>
        (await api.tryCreate(record("other.one", limit + 1))).code === 0 ? true : undefined,
      );
      await applyObjects(api.kubectl, [record("its.name", limit + 1)]);
      await applyObjects(api.kubectl, [crd]);
      const refused = await until("today's schema", 30, async () => {
        const { code, stderr } = await api.tryCreate(record("other.one", 1));
        return code === 0 ? undefined : stderr;
      });
      expect(refused).to.include("name: is not a name for it");
      expect((await api.tryCreate(record("other", limit + 1))).stderr).to.include(`spec.${part}`);

      await run("label", kind, "its.name", "changed=yes");
      await run("delete", kind, "its.name", "--wait=false");
      await run("patch", kind, "its.name", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
      expect(await run("get", kind, "its.name", "--ignore-not-found")).to.equal("");
    });
});

/** The CRD of an earlier version, which had no rules. */
function withoutRules(crd: ReturnType<typeof vnicCrd>): object {
  const { spec } = crd;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return { ...crd, spec: { ...spec, versions: spec.versions.map((version) => ({ ...version, schema })) } };
}
