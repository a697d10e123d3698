import { expect } from "chai";
import { messageOf } from "../../../../provider/base/errors.ts";
import { Deadline } from "../../../../provider/lifecycle/deadline.ts";
import { eject } from "../../../../provider/lifecycle/eject.ts";
import { inject } from "../../../../provider/lifecycle/inject.ts";
import { removeNetwork } from "../../../../provider/lifecycle/network/network-record.ts";
import { apiVersion, deriveMac, finalizer } from "../../../../provider/model/names.ts";
import type { StoredVnic } from "../../../../provider/model/vnic/record.ts";
import type { FakeDriver } from "../../../fakes/driver.ts";
import { fakeDriver } from "../../../fakes/driver.ts";
import { definition, uid } from "../../../fakes/objects.ts";

describe("a Network with a quota of one Vnic for each namespace", () => {
  let driver: FakeDriver;
  const network = { name: "lan" };

  beforeEach(() => {
    driver = fakeDriver();
    driver.cluster.networks.set(network.name, {
      ...{ apiVersion, kind: "VnicNetwork", metadata: { ...network, uid: uid(50), resourceVersion: "1" } },
      spec: { mode: "macvlan", parent: "eth1", vnicsPerNamespace: 1 },
    });
  });
  afterEach(() => driver.sessions.close());

  /** Injects a Vnic on the network; returns the message of its refusal. */
  const attach = (name: string, host: number) => {
    const mac = deriveMac({ namespace: "shop", name });
    const wanted = { name, mac, network, interfaceName: name, addresses: [`192.168.50.${host}/24`] };
    return inject(driver, definition(wanted)).then(() => "", messageOf);
  };
  /** Changes a record as a tenant may do. */
  const change = (name: string, changed: (record: StoredVnic) => StoredVnic) => {
    const record = driver.cluster.vnics.get(`shop/${name}`);
    if (record) driver.cluster.store(changed(record));
  };
  const generation = 99;

  it("counts a Vnic whose NIC is still on it, although its record names a network that can't be used", async () => {
    expect(await attach("first", 10)).to.equal("");
    change("first", ({ metadata, spec, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, generation, annotations: {}, labels: {} },
      spec: { ...spec, network: { networkAttachmentDefinition: "shop/none" } },
    }));
    expect(await attach("second", 11)).to.match(/namespace shop may have 1 Vnics on VnicNetwork lan/);
  });

  it("counts a Vnic whose record was changed to another network and another MAC at the same time", async () => {
    expect(await attach("first", 10)).to.equal("");
    change("first", ({ metadata, spec, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, generation, annotations: {}, labels: {} },
      spec: { ...spec, mac: "02:00:00:00:00:99", network: { name: "none" } },
    }));
    expect(await attach("second", 11)).to.match(/namespace shop may have 1 Vnics on VnicNetwork lan/);
  });

  it("can't be deleted while a NIC is on it, whatever the record says", async () => {
    expect(await attach("first", 10)).to.equal("");
    const remove = () => removeNetwork(driver.cluster, { ...network, uid: uid(50) }).then(() => "", messageOf);
    const known = driver.cluster.vnics.get("shop/first")!;
    for (const spec of [known.spec, { ...known.spec, network: { name: "none" }, mac: "02:00:00:00:00:99" }]) {
      change("first", (record) => ({ ...record, spec, metadata: { ...known.metadata, labels: {}, generation } }));
      expect(await remove()).to.match(/VnicNetwork lan is in use by Vnic shop\/first/);
    }
  });

  it("doesn't count a Vnic that has never been on it, or has left it", async () => {
    const other = { network: { mode: "macvlan", parent: "eth2" } } as const;
    await inject(driver, definition({ name: "elsewhere", ...other }));
    change("elsewhere", ({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, generation } }));
    expect(await attach("first", 10)).to.equal("");
  });

  it("can be deleted when only somebody else's finalizer keeps a Vnic on it", async () => {
    expect(await attach("first", 10)).to.equal("");
    const remove = () => removeNetwork(driver.cluster, { ...network, uid: uid(50) }).then(() => "", messageOf);
    const deletionTimestamp = "2026-11-23T10:00:00Z";
    for (const finalizers of [[finalizer], [finalizer, "example.com/keep"]]) {
      change("first", (record) => ({ ...record, metadata: { ...record.metadata, finalizers, deletionTimestamp } }));
      expect(await remove()).to.match(/VnicNetwork lan is in use by Vnic shop\/first/);
    }
    const finalizers = ["example.com/keep"];
    change("first", (record) => ({ ...record, metadata: { ...record.metadata, finalizers, deletionTimestamp } }));
    expect(await remove()).to.equal("");
  });

  describe("that was deleted while a Vnic was on it", () => {
    beforeEach(async () => {
      for (const name of ["same-lan", "other-lan"])
        driver.cluster.networks.set(name, {
          ...{ apiVersion, kind: "VnicNetwork", metadata: { name, uid: uid(51), resourceVersion: "1" } },
          spec: { mode: "macvlan", parent: name === "same-lan" ? "eth1" : "eth2" },
        });
      expect(await attach("first", 10)).to.equal("");
      await driver.cluster.deleteNetwork("lan", uid(50));
      expect([...driver.cluster.networks.keys()]).to.include("lan");
    });
    const mac = deriveMac({ namespace: "shop", name: "first" });
    const moved = { name: "first", mac, interfaceName: "first", addresses: ["192.168.50.10/24"] };
    const gone = () => expect([...driver.cluster.networks.keys()]).to.have.members(["same-lan", "other-lan"]);

    for (const name of ["same-lan", "other-lan"])
      it(`goes when the Vnic has moved to ${name}`, async () => {
        await inject(driver, definition({ ...moved, network: { name } }));
        gone();
      });

    it("goes with the Vnic, although its record names a network that can't be used", async () => {
      change("first", (record) => ({
        ...record,
        metadata: { ...record.metadata, generation },
        spec: { ...record.spec, network: { name: "none" } },
      }));
      const { metadata } = driver.cluster.vnics.get("shop/first")!;
      const known = { uid: metadata.uid, node: "worker-1" };
      await eject(driver, { namespace: "shop", name: "first" }, known, new Deadline("ejecting", 120));
      gone();
    });
  });
});
