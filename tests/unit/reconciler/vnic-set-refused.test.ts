import { expect } from "chai";
import { messageOf, VnicError } from "../../../provider/base/errors.ts";
import { setFinalizer } from "../../../provider/model/names.ts";
import type { VnicRecord } from "../../../provider/model/vnic/record.ts";
import type { VnicSetStatus } from "../../../provider/model/vnic-set/record.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { reconcileVnicSet } from "../../../provider/reconciler/vnic-set.ts";
import { member, vnicSet } from "../../fakes/vnic-sets.ts";

describe("a VnicSet with a Vnic that can't be written", () => {
  const { metadata, ...rest } = vnicSet();
  const set = { ...rest, metadata: { ...metadata, finalizers: [setFinalizer] } };
  let applied: string[];
  let status: VnicSetStatus | undefined;
  const reconcile = (error: VnicError) => {
    applied = [];
    status = undefined;
    const cluster = {
      findVnicSet: async () => set,
      listVnics: async () => [],
      listStatefulSets: async () => [],
      applyMember: async ({ spec }: VnicRecord) => {
        if (spec.pod.name === "db-0") throw error;
        applied.push(spec.pod.name);
      },
      applyVnicSetStatus: async (_: unknown, written: VnicSetStatus) => void (status = written),
    };
    const watcher = {
      cluster: cluster as never,
      pods: { listIn: () => [member("db-0"), member("db-1", 1)] },
      unavailable: new UnavailableAddresses({ list: () => [] }, { list: () => [] }),
      log: () => undefined,
    };
    return reconcileVnicSet(watcher, "shop/wires").then(() => undefined, messageOf);
  };

  it("because it is refused makes those of its other pods, says so in its status, and tries again later", async () => {
    expect(await reconcile(new VnicError("refused", "not for db-0"))).to.equal("not for db-0");
    expect(applied).to.deep.equal(["db-1"]);
    expect(status?.conditions[0]).to.include({
      ...{ type: "Ready", status: "False", reason: "Refused" },
      message: "0 of 2 pods have their Vnic; pod db-0: not for db-0",
    });
  });

  it("because the API server doesn't answer asks it no more", async () => {
    expect(await reconcile(new VnicError("unreachable", "no answer"))).to.equal("no answer");
    expect([applied, status]).to.deep.equal([[], undefined]);
  });
});
