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

const oversized = (kind: string, part: string) => {
  const bound = bounds.find((one) => one.kind === kind && one.property === part)!;
  return { spec: bound.of(bound.limit + 1), broken: `spec.${part}` };
};
const addresses = ["240.0.0.1/24", "0.1.2.3/8", "192.168.50.0/24", "192.168.50.255/24", "fd50::/64", "::7/64"];
const addressed = { pod: { name: "db-0" }, network: { mode: "macvlan", parent: "eth1" }, addresses };

const records = [
  { kind: "Vnic", crd: vnicCrd(), name: "its.name", ...oversized("Vnic", "routes") },
  { kind: "Vnic", crd: vnicCrd(), name: "wire", spec: addressed, broken: "is the broadcast address of its own subnet" },
  { kind: "VnicSet", crd: vnicSetCrd(), name: "its.name", ...oversized("VnicSet", "addresses[0].exclude") },
  { kind: "VnicNetwork", crd: networkCrd(), name: "its.name", ...oversized("VnicNetwork", "namespaces") },
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
      records.map(({ crd }) => crd),
    ),
  );

  for (const { kind, crd, name, spec, broken } of records)
    it(`can be changed and deleted: a ${kind} named ${name}, for which today's words are: ${broken}`, async () => {
      const record = (its: string) => ({
        apiVersion,
        kind,
        metadata: { name: its, finalizers: [finalizer], ...(kind === "VnicNetwork" ? {} : { namespace }) },
        spec,
      });
      const run = (...argv: string[]) => kubectl(api.kubectl, ["-n", namespace, ...argv]);
      await applyObjects(api.kubectl, [withoutRules(crd)]);
      // The API server applies a changed CRD only after a moment.
      await until("the earlier schema", 30, async () =>
        (await api.tryCreate(record("other.one"))).code === 0 ? true : undefined,
      );
      await applyObjects(api.kubectl, [record(name)]);
      await applyObjects(api.kubectl, [crd]);
      const refused = await until("today's schema", 30, async () => {
        const { code, stderr } = await api.tryCreate(record("other.one"));
        return code === 0 ? undefined : stderr;
      });
      expect(refused).to.include(broken);

      await run("label", kind, name, "changed=yes");
      await run("delete", kind, name, "--wait=false");
      await run("patch", kind, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
      expect(await run("get", kind, name, "--ignore-not-found")).to.equal("");
    });
});

/** The CRD of an earlier version, which had no rules. */
function withoutRules(crd: ReturnType<typeof vnicCrd>): object {
  const { spec } = crd;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return { ...crd, spec: { ...spec, versions: spec.versions.map((version) => ({ ...version, schema })) } };
}
