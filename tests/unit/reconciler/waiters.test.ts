import { expect } from "chai";
import { addressRecord } from "../../../provider/model/address/address.ts";
import { failedStatus } from "../../../provider/model/vnic/status.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { vnicId } from "../../../provider/model/names.ts";
import { networkRecordOf } from "../../../provider/model/network/record.ts";
import { awaitedValues, firstWaiter, waitersFor } from "../../../provider/reconciler/waiters.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
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
    ).map(({ metadata }) => vnicId(metadata));

  it("are woken in the order of their age", () => {
    const vnics = [waiting("c", 13), waiting("a", 12), waiting("b", 11), waiting("x", 10, ["192.168.50.9/24"])];
    expect(wokenBy("192.168.50.10", vnics)).to.deep.equal(["shop/b", "shop/a", "shop/c"]);
    expect(wokenBy("02:00:5e:10:00:01", vnics)[0]).to.equal("shop/x");
  });

  it("are tried first if they wait behind the parent of the address, and not for the same value on another network", async () => {
    const cluster = new FakeCluster();
    const on = (vnic: StoredVnic, network: StoredVnic["spec"]["network"]) => ({
      ...vnic,
      spec: { ...vnic.spec, network },
    });
    cluster.networks.set("lan", {
      ...networkRecordOf({ name: "lan", mode: "macvlan", parent: "eth1" }),
      metadata: {},
    } as never);
    const elsewhere = Array.from({ length: 20 }, (_, at) =>
      on(waiting(`older-${at}`, 10), { mode: "macvlan", parent: `eth${at + 2}` }),
    );
    const unusable = on(waiting("unusable", 11), { name: "none" });
    const [first, second] = [on(waiting("x", 12), { name: "lan" }), waiting("y", 13)].map((vnic) => ({
      ...vnic,
      metadata: { ...vnic.metadata, namespace: "web" },
    }));
    const tried = async (vnics: readonly StoredVnic[]) =>
      (await firstWaiter(cluster, freed("192.168.50.10"), vnics))?.metadata.name;
    expect(await tried([...elsewhere, unusable, first!, second!])).to.equal("x");
    expect(await tried([...elsewhere, second!, unusable])).to.equal("y");
    // None is on the segment by its definition.
    expect(await tried(elsewhere)).to.equal("older-0");
    expect(await tried([])).to.equal(undefined);
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
