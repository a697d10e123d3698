import { expect } from "chai";
import { setFinalizer } from "../../../provider/model/names.ts";
import type { VnicRecord } from "../../../provider/model/vnic/record.ts";
import type { VnicSetStatus } from "../../../provider/model/vnic-set/record.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { reconcileVnicSet } from "../../../provider/reconciler/vnic-set.ts";
import { member, vnicSet } from "../../fakes/vnic-sets.ts";

const { spec, ...rest } = vnicSet();
const { addresses, ...others } = { ...spec, template: { ...spec.template, network: { name: "lan" } } };

const lan = (fields: object) => ({
  metadata: { name: "lan", uid: "1", resourceVersion: "1" },
  spec: { mode: "macvlan", parent: "eth1", ...fields },
});

/** Reconciles a set on that network once; returns the Vnics that it wrote, and the statuses as a text. */
async function reconcile(set: { readonly metadata: object; readonly spec: object }, network: object) {
  const applied: VnicRecord[] = [];
  const statuses: VnicSetStatus[] = [];
  const watcher = {
    cluster: {
      findVnicSet: async () => ({ ...set, metadata: { ...set.metadata, finalizers: [setFinalizer] } }),
      findNetwork: async () => network,
      listVnics: async () => [],
      listStatefulSets: async () => [],
      applyMember: async (record: VnicRecord) => void applied.push(record),
      applyVnicSetStatus: async (_: object, status: VnicSetStatus) => void statuses.push(status),
    } as never,
    pods: { listIn: () => [member("db-0")] },
    unavailable: new UnavailableAddresses({ list: () => [] }, { list: () => [] }),
    log: () => undefined,
  };
  await reconcileVnicSet(watcher, "shop/wires");
  return { applied, shown: JSON.stringify(statuses) };
}

describe("a VnicSet on a VnicNetwork with a mistake", () => {
  it("gets no Vnics, and its status says what to correct there", async () => {
    const { applied, shown } = await reconcile({ ...rest, spec: others }, lan({ gateways: ["192.168.50.256"] }));
    expect(applied).to.deep.equal([]);
    expect(shown).to.include('"reason":"Invalid"').and.include("template.network: VnicNetwork lan: gateways[0]: ");
    expect(shown).to.include("192.168.50.256").and.include("is not a host's address");
  });
});

describe("a VnicSet on a VnicNetwork that is for other namespaces", () => {
  const network = lan({ namespaces: ["bank"], ranges: [{ cidr: "10.66.7.0/24" }] });
  for (const [what, set] of [
    ["without ranges of its own", { ...rest, spec: others }],
    ["with ranges beyond the network's", { ...rest, spec: { ...others, addresses } }],
  ] as const)
    it(`${what} gets no Vnics, and its status shows neither these namespaces nor the network's ranges`, async () => {
      const { applied, shown } = await reconcile(set, network);
      expect(applied).to.deep.equal([]);
      expect(shown).to.include("template.network.name: VnicNetwork lan is not for namespace shop");
      expect(shown).to.not.include("bank").and.not.include("10.66.7");
    });
});
