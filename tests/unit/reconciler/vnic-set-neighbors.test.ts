import { expect } from "chai";
import { setFinalizer } from "../../../provider/model/names.ts";
import type { VnicRecord } from "../../../provider/model/vnic/record.ts";
import type { StoredVnicSet } from "../../../provider/model/vnic-set/record.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { startVnicSetController } from "../../../provider/reconciler/vnic-set-controller.ts";
import { settle } from "../../fakes/clock.ts";
import { FakeWatched } from "../../fakes/watched.ts";
import { member, vnicSet } from "../../fakes/vnic-sets.ts";

describe("VnicSets of a namespace whose objects take for ever to be listed", () => {
  it("don't keep the sets of another namespace from being served", async () => {
    const set = (namespace: string, name: string, number: number): StoredVnicSet => {
      const { metadata, ...rest } = vnicSet({ namespace, name });
      const uid = `00000000-0000-4000-8000-0000000009${String(number).padStart(2, "0")}`;
      return { ...rest, metadata: { ...metadata, uid, finalizers: [setFinalizer] } };
    };
    const slow = Array.from({ length: 20 }, (_, at) => set("bank", `slow-${at}`, at));
    const all = [...slow, set("shop", "wires", 50)];
    const applied: VnicRecord[] = [];
    const stop = startVnicSetController(
      {
        cluster: {
          findVnicSet: async ({ namespace, name }: { namespace: string; name: string }) =>
            all.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
          listVnics: async () => [],
          listStatefulSets: (namespace: string) =>
            namespace === "bank" ? new Promise<never>(() => undefined) : Promise.resolve([]),
          applyMember: async (record: VnicRecord) => void applied.push(record),
          applyVnicSetStatus: async () => undefined,
        } as never,
        log: () => undefined,
        unavailable: new UnavailableAddresses({ list: () => [] }, { list: () => [] }),
      },
      {
        sets: new FakeWatched(...all),
        vnics: new FakeWatched(),
        pods: new FakeWatched(member("db-0")),
        metrics: makeMetrics(),
        resyncSeconds: 300,
      },
    );
    await settle();
    expect(applied.map(({ metadata, spec }) => [metadata.namespace, spec.pod.name])).to.deep.equal([["shop", "db-0"]]);
    void stop();
  });
});
