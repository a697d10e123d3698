import { expect } from "chai";
import { messageOf, VnicError } from "../../../../provider/base/errors.ts";
import { Deadline } from "../../../../provider/lifecycle/deadline.ts";
import { eject } from "../../../../provider/lifecycle/eject.ts";
import { inject, type InjectOptions } from "../../../../provider/lifecycle/inject.ts";
import { apiVersion, deriveMac, labels, networkFinalizer } from "../../../../provider/model/names.ts";
import type { Definition } from "../../../../provider/model/vnic/definition.ts";
import { type FakeDriver, fakeDriver } from "../../../fakes/driver.ts";
import { definition, storedVnic, uid } from "../../../fakes/objects.ts";

/* A Network has its finalizer only while Vnics are on it. Otherwise kubectl couldn't delete it. */
describe("the finalizer of a Network", () => {
  let driver: FakeDriver;
  const parents = { lan: "eth1", "lan-too": "eth1", wan: "eth2" };

  beforeEach(() => {
    driver = fakeDriver();
    for (const [index, [name, parent]] of Object.entries(parents).entries())
      driver.cluster.networks.set(name, {
        ...{ apiVersion, kind: "VnicNetwork", metadata: { name, uid: uid(50 + index), resourceVersion: "1" } },
        spec: { mode: "macvlan", parent },
      });
  });
  afterEach(() => driver.sessions.close());

  /** The names of the networks with the finalizer. */
  const held = () =>
    [...driver.cluster.networks.values()]
      .filter(({ metadata }) => metadata.finalizers?.includes(networkFinalizer))
      .map(({ metadata }) => metadata.name);
  const wire = (name: string, host: number, given: Partial<Definition> = {}): Definition =>
    definition({
      ...{ name, mac: deriveMac({ namespace: "shop", name }), interfaceName: name, network: { name: "lan" } },
      addresses: [`192.168.50.${host}/24`],
      ...given,
    });
  const attach = (wanted: Definition, options?: InjectOptions) =>
    inject(driver, wanted, options).then(() => "", messageOf);
  const refuse = () => {
    driver.cluster.nodeSide.inject = () => {
      throw new VnicError("refused", "network.parent: there is no interface");
    };
  };

  it("comes with the first Vnic and goes with the last", async () => {
    const states = [await inject(driver, wire("first", 10)), await inject(driver, wire("second", 11))];
    for (const state of states) {
      expect(held()).to.deep.equal(["lan"]);
      await eject(driver, { namespace: "shop", name: state.name }, state, new Deadline("ejecting", 120));
    }
    expect(held()).to.deep.equal([]);
  });

  describe("is gone after the first Vnic's creation has failed, because", () => {
    const causes: [what: string, arrange: () => unknown][] = [
      ["the node refuses", refuse],
      [
        "there is no session",
        () => driver.cluster.failNext("createJob", new VnicError("forbidden", "creating injection Job: forbidden")),
      ],
      ["its record isn't admitted", () => driver.cluster.failNext("createVnic", new VnicError("refused", "quota"))],
      [
        "another Vnic has its address",
        () => attach(wire("other", 10, { network: { mode: "macvlan", parent: "eth1" } })),
      ],
      [
        "the network is marked for deletion meanwhile",
        () => driver.cluster.before("createVnic", () => void driver.cluster.deleteNetwork("lan", uid(50))),
      ],
    ];
    for (const [what, arrange] of causes)
      it(what, async () => {
        await arrange();
        expect(await attach(wire("first", 10))).to.not.equal("");
        expect([...driver.cluster.vnics.keys()]).to.not.include("shop/first");
        expect(held()).to.deep.equal([]);
      });
  });

  it("stays after a creation has failed, if another Vnic is on the network", async () => {
    expect(await attach(wire("first", 10))).to.equal("");
    refuse();
    expect(await attach(wire("second", 11))).to.not.equal("");
    expect(held()).to.deep.equal(["lan"]);
  });

  it("stays when the record can't be withdrawn", async () => {
    refuse();
    driver.cluster.failNext("deleteVnic", new VnicError("unreachable", "deleting Vnic shop/first: no answer"));
    expect(await attach(wire("first", 10))).to.match(/and then: deleting/);
    expect(held()).to.deep.equal(["lan"]);
  });

  it("stays on the former network, and not on the new one, after a change of networks was refused", async () => {
    expect(await attach(wire("first", 10))).to.equal("");
    refuse();
    for (const name of ["lan-too", "wan"]) {
      expect(await attach(wire("first", 10, { network: { name } }))).to.not.equal("");
      expect(held()).to.deep.equal(["lan"]);
    }
    expect(await attach(wire("first", 10, { network: { name: "lan" }, mtu: 1400 }))).to.not.equal("");
    expect(held()).to.deep.equal(["lan"]);
  });

  it("moves with the last Vnic to another network, and to an inline one", async () => {
    for (const name of ["first", "second"]) expect(await attach(wire(name, name.length))).to.equal("");
    expect(await attach(wire("first", 5, { network: { name: "wan" } }))).to.equal("");
    expect(held()).to.deep.equal(["lan", "wan"]);
    expect(await attach(wire("second", 6, { network: { name: "wan" } }))).to.equal("");
    expect(held()).to.deep.equal(["wan"]);
    for (const [name, host] of [["first", 5] as const, ["second", 6] as const])
      expect(await attach(wire(name, host, { network: { mode: "macvlan", parent: "eth2" } }))).to.equal("");
    expect(held()).to.deep.equal([]);
  });

  describe("of a Vnic that kubectl declares", () => {
    /** Stores a record as a user applies it, or edits it, and lets the reconciler work on it. */
    const reconcile = (name: string, host: number, network: string) => {
      const ref = `shop/${name}`;
      const { spec } = storedVnic(wire(name, host, { network: { name: network } }));
      const before = driver.cluster.vnics.get(ref);
      const fresh = { namespace: "shop", name, uid: uid(host), resourceVersion: "1", generation: 1 };
      const metadata = before ? { ...before.metadata, generation: before.metadata.generation! + 1 } : fresh;
      driver.cluster.store({ ...(before ?? storedVnic()), metadata, spec });
      const wanted = wire(name, host, { network: { name: network } });
      const { declaredBy: _, ...undeclared } = wanted;
      return attach(undeclared, { sourceRecord: driver.cluster.vnics.get(ref)! });
    };

    it("isn't even set while another Vnic has its address, so that its record can go without a driver", async () => {
      expect(await attach(wire("first", 10, { network: { mode: "macvlan", parent: "eth1" } }))).to.equal("");
      expect(await reconcile("second", 10, "lan")).to.match(/is held by Vnic shop\/first/);
      expect(driver.cluster.calls).to.not.include("holdNetwork lan");
      expect(held()).to.deep.equal([]);
    });

    it("goes with the record that the node refused, also after an edit to another network", async () => {
      refuse();
      expect(await reconcile("first", 10, "lan")).to.not.equal("");
      expect(held()).to.deep.equal(["lan"]);
      const edited = driver.cluster.vnics.get("shop/first")!;
      driver.cluster.store({ ...edited, spec: { ...edited.spec, network: { name: "none" } } });
      await eject(driver, { namespace: "shop", name: "first" }, edited.metadata, new Deadline("ejecting", 120));
      expect(held()).to.deep.equal([]);
    });

    it("moves after an edit, if the node refused the former network", async () => {
      const works = driver.cluster.nodeSide.inject;
      refuse();
      expect(await reconcile("first", 10, "lan")).to.not.equal("");
      driver.cluster.nodeSide.inject = works;
      expect(await reconcile("first", 10, "wan")).to.equal("");
      expect(held()).to.deep.equal(["wan"]);
      expect(driver.cluster.vnics.get("shop/first")?.metadata.labels?.[labels.network]).to.be.a("string");
    });
  });

  it("is set again if another Vnic, leaving at the same moment, has taken it away", async () => {
    const first = await inject(driver, wire("first", 10));
    driver.cluster.before("createVnic", () => {
      const lan = driver.cluster.networks.get("lan")!;
      driver.cluster.vnics.delete(`shop/${first.name}`);
      driver.cluster.networks.set("lan", { ...lan, metadata: { ...lan.metadata, finalizers: [] } });
    });
    expect(await attach(wire("second", 11))).to.equal("");
    expect(held()).to.deep.equal(["lan"]);
  });
});
