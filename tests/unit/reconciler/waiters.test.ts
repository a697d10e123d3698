import { expect } from "chai";
import { addressRecord } from "../../../provider/model/address/address.ts";
import { failedStatus } from "../../../provider/model/vnic/status.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { awaitedValues, waitersFor } from "../../../provider/reconciler/waiters.ts";
import { storedVnic, uid } from "../../fakes/objects.ts";

describe("Vnics that wait for a freed address", () => {
  const waiting = (name: string, minute: number, addresses = ["192.168.50.10/24"], reason = "HeldByOther") => {
    const vnic = storedVnic({ name, addresses }, { creationTimestamp: `2026-11-23T08:${minute}:00Z` });
    return { ...vnic, status: failedStatus(vnic, { reason, message: "", attached: false }, new Date()) };
  };
  const freed = (value: string) =>
    addressRecord({ segment: "eth1", value, property: "" }, { namespace: "a", name: "b", uid: uid(9) });
  const wokenBy = (value: string, vnics: readonly StoredVnic[]) =>
    waitersFor(
      freed(value),
      vnics.filter((vnic) => awaitedValues(vnic).includes(value)),
    );

  it("are woken in the order of their age", () => {
    const vnics = [waiting("c", 13), waiting("a", 12), waiting("b", 11), waiting("x", 10, ["192.168.50.9/24"])];
    expect(wokenBy("192.168.50.10", vnics)).to.deep.equal(["shop/b", "shop/a", "shop/c"]);
    expect(wokenBy("02:00:5e:10:00:01", vnics)[0]).to.equal("shop/x");
  });

  it("don't include Vnics that wait for something else or are being deleted", () => {
    const leaving = waiting("a", 10);
    const itself = waiting("d", 10);
    const vnics = [
      { ...itself, metadata: { ...itself.metadata, uid: uid(9) } },
      { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: "2026-11-23T09:00:00Z" } },
      waiting("b", 10, undefined, "PodPending"),
      storedVnic({ name: "c" }),
    ];
    expect(wokenBy("192.168.50.10", vnics)).to.deep.equal([]);
  });
});
