import { expect } from "chai";
import { setFinalizer } from "../../../provider/model/names.ts";
import type { VnicRecord } from "../../../provider/model/vnic/record.ts";
import type { VnicSetStatus } from "../../../provider/model/vnic-set/record.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { reconcileVnicSet } from "../../../provider/reconciler/vnic-set.ts";
import { member, vnicSet } from "../../fakes/vnic-sets.ts";

describe("a VnicSet on a VnicNetwork that is for other namespaces", () => {
  const network = {
    metadata: { name: "lan", uid: "1", resourceVersion: "1" },
    spec: { mode: "macvlan", parent: "eth1", namespaces: ["bank"], ranges: [{ cidr: "10.66.7.0/24" }] },
  };
  const { spec, ...rest } = vnicSet();
  const { addresses, ...others } = { ...spec, template: { ...spec.template, network: { name: "lan" } } };
  for (const [what, set] of [
    ["without ranges of its own", { ...rest, spec: others }],
    ["with ranges beyond the network's", { ...rest, spec: { ...others, addresses } }],
  ] as const)
    it(`${what} gets no Vnics, and its status shows neither these namespaces nor the network's ranges`, async () => {
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
      expect(applied).to.deep.equal([]);
      const shown = JSON.stringify(statuses);
      expect(shown).to.include("template.network.name: VnicNetwork lan is not for namespace shop");
      expect(shown).to.not.include("bank").and.not.include("10.66.7");
    });
});
