import { expect } from "chai";
import { inject } from "../../../provider/lifecycle/inject.ts";
import { observe } from "../../../provider/lifecycle/observe.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { networkFinalizer } from "../../../provider/model/names.ts";
import { networkRecordOf } from "../../../provider/model/network/record.ts";
import type { Interface, ObserveResult } from "../../../provider/model/wire/session-protocol.ts";
import { rejection } from "../../fakes/cluster.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import {
  association,
  attachedVnic,
  definition,
  liveInterface,
  node,
  pod,
  storedVnic,
  stateWith,
  uid,
} from "../../fakes/objects.ts";

const addresses = ["192.168.50.10/24", "fd50::10/64"];
const known = stateWith(definition({ addresses }), {
  uid: uid(1),
  node: "worker-1",
  podUid: uid(2),
  association: association(),
  interface: liveInterface({ addresses }),
  providerVersion: "0.1.0",
});

describe("observe", () => {
  let driver: FakeDriver;
  beforeEach(() => {
    driver = fakeDriver();
    driver.cluster.store(attachedVnic({ addresses }));
    see({ addresses });
  });
  afterEach(() => driver.sessions.close());

  const sandboxId = association().sandboxId;
  const see = (live: Partial<Interface>, more: Partial<ObserveResult> = {}) =>
    (driver.cluster.nodeSide.observe = () => ({
      interface: liveInterface(live),
      sandboxId,
      resourceFile: true,
      decidedMtu: 1500,
      ...more,
    }));
  const run = (state = known) => observe(driver, { namespace: "shop", name: "db-wire" }, state);

  it("returns what it knew when nothing has changed", async () => expect(await run()).to.deep.equal(known));

  it("ignores the order of addresses", async () => {
    see({ addresses: [...addresses].reverse() });
    expect((await run())?.addresses).to.deep.equal(addresses);
  });

  it("returns what has changed on the NIC", async () => {
    see({ name: "net9", mac: "02:00:00:00:00:99", addresses: ["10.0.0.1/8", "fd50::10/64"] });
    expect(await run()).to.deep.include({
      interfaceName: known.interfaceName,
      mac: known.mac,
      addresses: ["fd50::10/64", "10.0.0.1/8"],
      drift: [`the NIC is named net9 instead of net1`, `the MAC is 02:00:00:00:00:99 instead of ${known.mac}`],
    });
  });

  it("returns the MTU as an input only when one was given", async () => {
    see({ addresses, mtu: 1400 });
    expect(await run()).to.not.have.property("mtu");
    expect(await run({ ...known, mtu: 1500 })).to.have.property("mtu", 1400);
  });

  const drifted: [drift: string, arrange: () => void][] = [
    ["the NIC is down", () => see({ addresses, up: false })],
    ["the MTU is 1400 instead of 1500", () => see({ addresses, mtu: 1400 })],
    ["the Vnic resource file is missing", () => see({ addresses }, { resourceFile: false })],
    ["the sandbox of pod shop/db-0 was replaced", () => see({ addresses }, { sandboxId: "another" })],
    [
      "the NIC is missing in pod shop/db-0",
      () => (driver.cluster.nodeSide.observe = () => ({ sandboxId, resourceFile: true })),
    ],
    ["the record is missing", () => driver.cluster.vnics.clear()],
    ["the record was recreated", () => driver.cluster.store(storedVnic({}, { uid: uid(5) }))],
    ["pod shop/db-0 is gone", () => driver.cluster.pods.clear()],
    ["pod shop/db-0 was replaced", () => driver.cluster.pods.set("shop/db-0", pod({ uid: uid(9) }))],
    [
      "pod shop/db-0 has terminated: phase Failed",
      () => driver.cluster.pods.set("shop/db-0", pod({ status: { phase: "Failed" } })),
    ],
  ];
  for (const [drift, arrange] of drifted)
    it(`reports that ${drift}`, async () => {
      arrange();
      expect((await run())?.drift).to.deep.equal([drift]);
    });

  const podGone: [when: string, arrange: (driver: FakeDriver) => void][] = [
    ["its pod has gone", ({ cluster }) => cluster.pods.clear()],
    ["its pod is another one of the same name", ({ cluster }) => cluster.pods.set("shop/db-0", pod({ uid: uid(9) }))],
    ["its pod has terminated", ({ cluster }) => cluster.pods.set("shop/db-0", pod({ status: { phase: "Failed" } }))],
    ["it isn't in the pod", ({ cluster }) => (cluster.nodeSide.observe = () => ({ sandboxId, resourceFile: true }))],
  ];
  const recordGone: [when: string, arrange: (driver: FakeDriver) => void][] = [
    ["its record has gone", ({ cluster }) => cluster.vnics.clear()],
    ["its record is another one", ({ cluster }) => cluster.store(storedVnic({}, { uid: uid(5) }))],
  ];

  for (const [when, arrange] of podGone)
    it(`reports no NIC, but not that the Vnic is gone, when ${when}`, async () => {
      arrange(driver);
      const { interface: _, sandboxId: __, ...bare } = known;
      const { drift, ...seen } = (await run()) ?? {};
      expect(seen).to.deep.equal(bare);
      expect(drift).to.have.length(1);
    });

  for (const [when, arrange] of recordGone) {
    it(`returns the NIC that still exists when ${when}`, async () => {
      arrange(driver);
      const { drift, ...seen } = (await run()) ?? {};
      expect(seen).to.deep.equal(known);
      expect(drift).to.have.length(1);
    });

    for (const [andWhen, arrangeToo] of podGone)
      it(`reports that the Vnic is gone when ${when} and ${andWhen}`, async () => {
        arrange(driver);
        arrangeToo(driver);
        expect(await run()).to.equal(undefined);
      });
  }

  describe("when record and pod are gone", () => {
    beforeEach(() => {
      driver.cluster.vnics.clear();
      driver.cluster.pods.clear();
      const { uid } = known;
      driver.cluster.nodeSide.list = () => ({ vnics: [{ uid, namespace: "shop", name: "db-wire" }] });
    });

    it("doesn't report a Vnic as gone while its node still has the resource file", async () =>
      expect((await run())?.drift).to.deep.equal(["the record is missing", "pod shop/db-0 is gone"]));

    it("reports it as gone when its node is gone or out of service for good", async () => {
      const taints = [{ key: "node.kubernetes.io/out-of-service" }];
      driver.cluster.nodes.set("worker-1", { ...node({ ready: false }), spec: { taints } });
      expect(await run()).to.equal(undefined);
      driver.cluster.nodes.clear();
      expect(await run()).to.equal(undefined);
    });

    it("fails while its node isn't ready", async () => {
      driver.cluster.nodes.set("worker-1", node({ ready: false }));
      expect((await rejection(run())).message).to.match(
        /^node worker-1 isn't ready .*can't be determined whether Vnic shop\/db-wire is gone; try again when it is/,
      );
    });
  });

  for (const method of ["findVnic", "findPod", "createJob"] as const)
    it(`never reports a Vnic as gone when it can't read the cluster: ${method} fails`, async () => {
      driver.cluster.failNext(method, new VnicError("unreachable", "no answer"));
      expect(await rejection(run())).to.have.property("kind", "unreachable");
    });

  it("changes nothing", async () => {
    await run();
    expect(driver.cluster.writes).to.deep.equal(["createJob worker-1"]);
  });

  it("doesn't apply changes of a network, which only an injection does", async () => {
    driver.cluster.networks.set("lan", {
      ...networkRecordOf({ name: "lan", mode: "macvlan", parent: "eth1", freeMacs: true }),
      metadata: { name: "lan", uid: uid(7), resourceVersion: "1" },
    });
    const named = { ...known, network: { name: "lan" }, networkOnNode: { mode: "macvlan", parent: "eth1" } as const };
    expect(await run(named)).to.deep.equal(named);
    expect(driver.cluster.writes).to.deep.equal(["createJob worker-1"]);
    expect(driver.cluster.networks.get("lan")?.metadata.finalizers).to.equal(undefined);

    await inject(driver, definition({ addresses, network: { name: "lan" } }));
    expect(driver.cluster.networks.get("lan")?.metadata.finalizers).to.deep.equal([networkFinalizer]);
  });

  it("reports another parent of a network, behind which the addresses aren't held yet", async () => {
    const parents = [{ nodes: { rack: "b" }, parent: "eth5" }];
    driver.cluster.networks.set("lan", {
      ...networkRecordOf({ name: "lan", mode: "macvlan", parent: "eth1", parents }),
      metadata: { name: "lan", uid: uid(7), resourceVersion: "1" },
    });
    const named = { ...known, network: { name: "lan" }, networkOnNode: { mode: "macvlan", parent: "eth1" } as const };
    expect((await run(named))?.drift).to.deep.equal([
      "the network also has the parent eth5 by now, where its addresses aren't held",
    ]);
  });
});
