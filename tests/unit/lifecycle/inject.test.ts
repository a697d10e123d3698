import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { IncompleteError } from "../../../provider/lifecycle/incomplete-error.ts";
import { inject, type InjectOptions } from "../../../provider/lifecycle/inject.ts";
import type { Definition } from "../../../provider/model/vnic/definition.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { annotations, finalizer, labels } from "../../../provider/model/names.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import type { VnicState } from "../../../provider/model/vnic/state.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { Claims } from "../../../provider/lifecycle/claim.ts";
import { Deadline } from "../../../provider/lifecycle/deadline.ts";
import { eject } from "../../../provider/lifecycle/eject.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { rejection } from "../../fakes/cluster.ts";
import {
  association,
  injectResult,
  containerId,
  definition,
  injectPlan,
  liveInterface,
  node,
  pod,
  storedVnic,
  uid,
  stateWith,
  urn,
} from "../../fakes/objects.ts";

const refuse = () => {
  throw new VnicError("refused", "network.parent: there is no interface");
};
const fail = () => {
  throw new VnicError("failed", "moving link: no such device");
};
/** State of an earlier run, with the given values. */
const knownAs = (made: { uid: string; node: string; owner?: string }) =>
  stateWith(definition(), { podUid: uid(2), ...made });
const stranger = "urn:pulumi:dev::other::pulumi-nodejs:dynamic/vnic:Vnic::wire";
const at = { uid: uid(2), node: "worker-1", containerId };
const short = { createSeconds: 0.3, updateSeconds: 0.3, deleteSeconds: 0.3 };

describe("inject", () => {
  let driver: FakeDriver;
  beforeEach(() => {
    driver = fakeDriver();
  });
  afterEach(() => driver.sessions.close());

  const run = (given: Partial<Definition> = {}, options?: InjectOptions) => inject(driver, definition(given), options);
  const record = () => driver.cluster.vnics.get("shop/db-wire");
  /** The expected state of a Vnic whose record was written, before the node has answered. */
  const recordedState = (given: Partial<Definition> = {}) => ({
    ...definition(given),
    schemaVersion: 1,
    providerVersion: "0.1.0",
    uid: record()?.metadata.uid,
    node: "worker-1",
    podUid: uid(2),
    owner: urn,
  });
  const incomplete = async (promise: Promise<unknown>): Promise<IncompleteError<VnicState>> => {
    const error = await rejection(promise);
    if (!(error instanceof IncompleteError)) throw new Error(`not an IncompleteError: ${error.message}`);
    return error;
  };
  const plain = async (promise: Promise<unknown>): Promise<VnicError> => {
    const error = await rejection(promise);
    expect(error, "says that something is left").to.not.be.instanceOf(IncompleteError);
    return error;
  };

  it("writes the record, then works on the node, then writes the record's status", async () => {
    const state = await run({ mtu: 1500 });
    expect(driver.cluster.writes).to.deep.equal([
      "createVnic shop/db-wire",
      "createJob worker-1",
      "applyVnicStatus shop/db-wire",
    ]);
    expect(state).to.deep.equal({
      ...recordedState({ mtu: 1500 }),
      sandboxId: association().sandboxId,
      interface: liveInterface(),
    });
    expect(record()?.metadata.finalizers).to.deep.equal([finalizer]);
    expect(record()?.status?.conditions[0]).to.deep.include({ type: "Ready", status: "True" });
  });

  it("sends the node a plan under the record's UID", async () => {
    await run();
    const [request] = driver.cluster.nodeSide.work;
    const vnic = { uid: record()?.metadata.uid ?? "", namespace: "shop", name: "db-wire" };
    expect(request).to.deep.include({ verb: "inject", plan: injectPlan({ vnic, segments: ["eth1"] }) });
  });

  it("reports what it waits for, up to the steps on the node", async () => {
    driver.cluster.nodeSide.steps = ["creating", "moving"];
    await run();
    expect(driver.reports).to.deep.equal([
      "starting an injection session on node worker-1",
      "creating net1 on node worker-1",
      "moving net1 on node worker-1",
    ]);
  });

  describe("refuses before anything is written when", () => {
    const table: [when: string, arrange: (driver: FakeDriver) => void, kind: string, words: RegExp][] = [
      [
        "the pod doesn't exist",
        ({ cluster }) => cluster.pods.clear(),
        "refused",
        /^pod.name: there is no pod "db-0" in namespace "shop"; create it first$/,
      ],
      [
        "its namespace doesn't exist",
        ({ cluster }) => {
          cluster.pods.clear();
          cluster.namespaces.clear();
        },
        "refused",
        /^pod.namespace: there is no namespace "shop"; create it/,
      ],
      [
        "the pod uses its node's network",
        ({ cluster }) => cluster.pods.set("shop/db-0", pod({ hostNetwork: true })),
        "refused",
        /^pod.name: pod shop\/db-0 uses its node's network/,
      ],
      [
        "the pod has terminated",
        ({ cluster }) => cluster.pods.set("shop/db-0", pod({ status: { phase: "Failed", reason: "Evicted" } })),
        "refused",
        /^pod.name: pod shop\/db-0 has terminated \(phase Failed, Evicted\); name a running pod$/,
      ],
      [
        "the record is declared by somebody else",
        ({ cluster }) =>
          cluster.store(storedVnic({ declaredBy: stranger, mac: "02:00:00:00:00:99", addresses: ["10.0.0.1/8"] })),
        "conflict",
        /^name: Vnic shop\/db-wire exists already and is declared by urn:pulumi:dev::other::.*; adopt it \(adopt: true\), choose another name, or remove that one first$/,
      ],
      [
        "the record was made by hand",
        ({ cluster }) => cluster.store(storedVnic({}, { annotations: {} })),
        "conflict",
        /^name: Vnic shop\/db-wire exists already and was not declared by Pulumi/,
      ],
      [
        "the API server doesn't answer",
        ({ cluster }) => cluster.failNext("findPod", new VnicError("unreachable", "reading pod: no answer")),
        "unreachable",
        /no answer/,
      ],
    ];
    for (const [when, arrange, kind, words] of table)
      it(`${when}`, async () => {
        arrange(driver);
        const before = record();
        const error = await plain(run());
        expect(error.message).to.match(words);
        expect(error.kind).to.equal(kind);
        expect(driver.cluster.writes).to.deep.equal([]);
        expect(record()).to.equal(before);
      });
  });

  it("waits for a pod that is starting", async () => {
    const waiting = { reason: "ContainerCreating" };
    driver.cluster.pods.set(
      "shop/db-0",
      pod({ status: { phase: "Pending", containerStatuses: [{ name: "redis", state: { waiting } }] } }),
    );
    setTimeout(() => driver.cluster.pods.set("shop/db-0", pod()), 50);
    await run();
    expect(driver.reports[0]).to.equal("waiting for pod shop/db-0 to run: container redis: ContainerCreating");
  });

  describe("of a pod that is terminating", () => {
    const leaving = (kind: string) => {
      const { metadata, ...rest } = pod({ status: { phase: "Running" } });
      const ownerReferences = [{ kind, name: "db", controller: true }];
      return { ...rest, metadata: { ...metadata, ownerReferences, deletionTimestamp: "2026-11-23T08:10:00Z" } };
    };

    it("waits for the replacement from its controller, also while there is none", async () => {
      driver.cluster.pods.set("shop/db-0", leaving("StatefulSet"));
      setTimeout(() => driver.cluster.pods.clear(), 50);
      setTimeout(() => driver.cluster.pods.set("shop/db-0", pod({ uid: uid(8) })), 400);
      expect((await run()).podUid).to.equal(uid(8));
      expect(driver.reports[0]).to.equal("waiting for the next pod shop/db-0: it is being deleted");
    });

    it("refuses it when its controller will give the replacement another name", async () => {
      driver.cluster.pods.set("shop/db-0", leaving("ReplicaSet"));
      expect((await plain(run())).message).to.match(/has terminated \(it is being deleted\); name a running pod$/);
    });
  });

  it("gives up at its own deadline on a pod that doesn't start, with what it last saw", async () => {
    driver.cluster.pods.set("shop/db-0", pod({ status: { phase: "Pending" } }));
    const error = await plain(run({ deadlines: short }));
    expect(error).to.deep.include({
      kind: "deadline",
      message:
        "injecting Vnic shop/db-wire into pod shop/db-0: not done within 0.3 s; still waiting for pod shop/db-0 to run; last seen: no container runs yet on node worker-1",
    });
    expect(driver.cluster.writes).to.deep.equal([]);
  });

  describe("after the record is written", () => {
    it("removes a new record when the node refuses", async () => {
      driver.cluster.nodeSide.inject = refuse;
      expect(await plain(run())).to.have.property("message", "network.parent: there is no interface");
      expect(record()).to.equal(undefined);
    });

    it("removes a new record when no session can be opened", async () => {
      driver.cluster.failNext("createJob", new VnicError("forbidden", "creating injection Job: forbidden"));
      expect(await plain(run())).to.have.property("kind", "forbidden");
      expect(record()).to.equal(undefined);
    });

    it("restores an existing record when the node refuses", async () => {
      const before = storedVnic();
      driver.cluster.store(before);
      driver.cluster.nodeSide.inject = refuse;
      expect(await plain(run({ addresses: ["192.168.50.11/24"] }))).to.have.property("kind", "refused");
      expect(record()?.spec).to.deep.equal(before.spec);
      expect(record()?.metadata).to.deep.include({
        uid: uid(1),
        labels: before.metadata.labels,
        annotations: before.metadata.annotations,
      });
    });

    it("reports what exists when a record can't be restored", async () => {
      driver.cluster.store(storedVnic());
      driver.cluster.nodeSide.inject = () => {
        driver.cluster.failNext("applyVnic", new VnicError("unreachable", "applying Vnic shop/db-wire: no answer"));
        return refuse();
      };
      const { state, message } = await incomplete(run());
      expect(state.uid).to.equal(uid(1));
      expect(message).to.equal(
        "network.parent: there is no interface; and then: applying Vnic shop/db-wire: no answer",
      );
    });

    it("keeps the previously applied inputs in state when an update fails half-way", async () => {
      driver.cluster.store(storedVnic());
      driver.cluster.nodeSide.inject = fail;
      const known = knownAs({ uid: uid(1), node: "worker-1", owner: urn });
      const { state } = await incomplete(run({ addresses: ["192.168.50.99/24"] }, { known }));
      expect(state.addresses).to.deep.equal(known.addresses);
    });

    it("keeps the record when the node fails half-way, and reports what exists", async () => {
      driver.cluster.nodeSide.inject = fail;
      const { state, message } = await incomplete(run());
      expect(message).to.equal("node worker-1: moving link: no such device");
      expect(state).to.deep.equal(recordedState());
      expect(record()?.metadata.deletionTimestamp).to.equal(undefined);
    });

    it("reports what exists and both causes when a new record can't be removed", async () => {
      driver.cluster.nodeSide.inject = refuse;
      driver.cluster.failNext("deleteVnic", new VnicError("unreachable", "deleting Vnic shop/db-wire: no answer"));
      const { message } = await incomplete(run());
      expect(message).to.equal(
        "network.parent: there is no interface; and then: deleting Vnic shop/db-wire: no answer",
      );
    });

    it("reports that the NIC exists when only its status can't be written", async () => {
      driver.cluster.failNext("applyVnicStatus", new VnicError("forbidden", "applying the status: forbidden"));
      const { state } = await incomplete(run());
      expect(state.interface).to.deep.equal(liveInterface());
      expect(state.sandboxId).to.equal(association().sandboxId);
    });
  });

  describe("addresses", () => {
    const mac = definition().mac;
    const mine = { [`eth1 ${mac}`]: "shop/db-wire", "eth1 192.168.50.10": "shop/db-wire" };
    const other = { name: "other", mac: "02:00:00:00:00:99" };
    /** Creates another Vnic that holds the given MAC and addresses. */
    const hold = async (given: Partial<Definition>): Promise<void> => {
      driver.cluster.pods.set("shop/db-1", pod({ name: "db-1", uid: uid(4) }));
      await run({ ...other, pod: { namespace: "shop", name: "db-1" }, interfaceName: "net2", ...given });
    };

    it("are held before the node is told to continue", async () => {
      driver.cluster.nodeSide.inject = () => {
        expect(driver.cluster.holders).to.deep.equal(mine);
        return injectResult();
      };
      await run();
      expect(driver.cluster.holders).to.deep.equal(mine);
    });

    const taken: [what: string, theirs: Partial<Definition>, words: RegExp][] = [
      [
        "a MAC",
        { mac, addresses: ["10.0.0.1/8"] },
        /^mac: 02:00:5e:10:00:01 is held by Vnic shop\/other \(pod db-1\) behind parent eth1; choose another, or free it there by a "pulumi up" before this one,/,
      ],
      [
        "an address, with another prefix length",
        { addresses: ["192.168.50.10/16"] },
        /^addresses\[0\]: 192.168.50.10 is/,
      ],
    ];
    for (const [what, theirs, words] of taken)
      it(`are refused without a trace when another Vnic holds ${what}`, async () => {
        await hold(theirs);
        const before = driver.cluster.holders;
        const error = await plain(run());
        expect(error.kind).to.equal("conflict");
        expect(error.message).to.match(words);
        expect(record()).to.equal(undefined);
        expect(driver.cluster.holders).to.deep.equal(before);
        expect(driver.cluster.nodeSide.requests.at(-1), "the node is told to undo what it began").to.include({
          verb: "go",
          proceed: false,
        });
      });

    it("are refused to an existing Vnic before anything of it is changed", async () => {
      await hold({ addresses: ["192.168.50.11/24"] });
      await run();
      const before = record();
      driver.cluster.calls.length = 0;
      expect(await plain(run({ addresses: ["192.168.50.11/24"] }))).to.have.property("kind", "conflict");
      expect(driver.cluster.writes).to.deep.equal([]);
      expect(record()?.spec).to.deep.equal(before?.spec);
    });

    it("may be the same behind another parent", async () => {
      await hold({ mac, addresses: ["192.168.50.10/24"], network: { mode: "macvlan", parent: "eth2" } });
      await run();
      expect(driver.cluster.holders).to.include(mine);
    });

    it("are freed when the node refuses, and when the record can't be written", async () => {
      driver.cluster.nodeSide.inject = refuse;
      await plain(run());
      expect(driver.cluster.holders).to.deep.equal({});
      driver.cluster.nodeSide.inject = () => injectResult();
      driver.cluster.store(storedVnic());
      driver.cluster.failNext("applyVnic", new VnicError("forbidden", "applying Vnic shop/db-wire: forbidden"));
      await plain(run());
      expect(driver.cluster.holders).to.deep.equal({});
    });

    it("are freed, and nothing is made, when an adopted record is deleted after they were claimed for it", async () => {
      // The record has no finalizer yet, so it is gone at once.
      driver.cluster.store(storedVnic({}, { annotations: {}, finalizers: [] }));
      const create = driver.cluster.createAddress.bind(driver.cluster);
      driver.cluster.createAddress = async (address) => {
        driver.cluster.vnics.delete("shop/db-wire");
        return create(address);
      };
      expect(await plain(run({ adopt: true }))).to.have.property("kind", "outdated");
      expect(driver.cluster.holders).to.deep.equal({});
      expect(record()).to.equal(undefined);
      expect(driver.cluster.nodeSide.requests).to.deep.equal([]);
    });

    it("aren't used any more when they are claimed after the deadline", async () => {
      // Other work keeps the session open.
      driver = fakeDriver({ lingerMilliseconds: 10_000 });
      const create = driver.cluster.createAddress.bind(driver.cluster);
      driver.cluster.createAddress = async (address) => {
        await sleep(500);
        return create(address);
      };
      await incomplete(run({ deadlines: short }));
      const { requests } = driver.cluster.nodeSide;
      while (!requests.some(({ verb }) => verb === "go")) await sleep(10);
      expect(requests.filter(({ verb }) => verb === "go")).to.have.nested.property("[0].proceed", false);
    });

    it("stay held when the node fails half-way", async () => {
      driver.cluster.nodeSide.inject = fail;
      await incomplete(run());
      expect(driver.cluster.holders).to.deep.equal(mine);
    });

    it("are freed once the node has removed them, when they are dropped in place", async () => {
      await run();
      driver.cluster.nodeSide.inject = () => {
        expect(driver.cluster.holders).to.include({ "eth1 192.168.50.10": "shop/db-wire" });
        return injectResult();
      };
      await run({ addresses: ["192.168.50.11/24"] });
      const now = { [`eth1 ${mac}`]: "shop/db-wire", "eth1 192.168.50.11": "shop/db-wire" };
      expect(driver.cluster.holders).to.deep.equal(now);
      expect(record()?.metadata.annotations?.[annotations.held]).to.equal(JSON.stringify(Object.keys(now)));
    });

    it("conflict behind the same parent, whether the network is inline, a VnicNetwork or a second VnicNetwork", async () => {
      const network = (name: string, spec: object) =>
        driver.cluster.networks.set(name, {
          apiVersion: "pulumi-vnic.dev/v1alpha1",
          kind: "VnicNetwork",
          metadata: { name, uid: uid(50), resourceVersion: "1" },
          spec: { mode: "macvlan", freeMacs: true, freeAddresses: true, ...spec },
        });
      network("lan", { parent: "eth1" });
      network("lan-too", { parent: "eth9", parents: [{ nodes: { zone: "a" }, parent: "eth1" }] });
      await hold({ network: { name: "lan" } });
      for (const name of ["lan-too", "lan"])
        expect(await plain(run({ network: { name } }))).to.have.property("kind", "conflict");
      expect(await plain(run())).to.have.property("kind", "conflict");
      expect(Object.keys(driver.cluster.holders)).to.have.length(2);
    });

    describe("on a network that the node names in another way than the definition", () => {
      const network = { mode: "macvlan", parent: "52:54:00:00:00:11" } as const;
      const on = (segment: string) => ({
        [`${segment} ${mac}`]: "shop/db-wire",
        [`${segment} 192.168.50.10`]: "shop/db-wire",
      });
      const requests = () =>
        driver.cluster.nodeSide.work.flatMap((request) => (request.verb === "inject" ? [request.plan.segments] : []));
      /** As the node side does: refuses the NIC's own name, unless the driver has claimed the addresses on it. */
      const nodeNames = (name: string) => {
        driver.cluster.nodeSide.inject = (request) => {
          const claimed = request.verb === "inject" ? request.plan.segments : [];
          if (claimed?.includes(name)) return injectResult();
          throw new VnicError("refused", `the parent is ${name}`, { subject: { type: "segment", name } });
        };
      };
      beforeEach(() => nodeNames("eth1"));
      const held = () => JSON.parse(record()?.metadata.annotations?.[annotations.held] ?? "[]") as string[];

      it("are claimed by both names before the node goes on", async () => {
        await run({ network });
        expect(requests()).to.deep.equal([[network.parent], [network.parent, "eth1"]]);
        expect(driver.cluster.holders).to.deep.equal({ ...on(network.parent), ...on("eth1") });
        expect(held()).to.have.members(Object.keys(driver.cluster.holders));
      });

      it("are refused without a trace if another Vnic has one there", async () => {
        await hold({ addresses: ["192.168.50.10/24"] });
        const before = driver.cluster.holders;
        const { kind, message } = await plain(run({ network }));
        expect(kind).to.equal("conflict");
        expect(message).to.match(
          /^addresses\[0\]: 192\.168\.50\.10 is held by Vnic shop\/other .* behind parent eth1;/,
        );
        expect(driver.cluster.holders).to.deep.equal(before);
        expect(record()).to.equal(undefined);
      });

      it("stay with an existing Vnic that is refused others there", async () => {
        await run({ network });
        await hold({ addresses: ["192.168.50.11/24"] });
        const [before, was] = [driver.cluster.holders, held()];
        expect(await plain(run({ network, addresses: ["192.168.50.11/24"] }))).to.have.property("kind", "conflict");
        expect(driver.cluster.holders).to.deep.equal(before);
        expect(held()).to.deep.equal(was);
      });

      it("stay claimed by both names at a later injection, and move with the NIC to a node with another name", async () => {
        await run({ network });
        await run({ network });
        expect(driver.cluster.holders).to.deep.equal({ ...on(network.parent), ...on("eth1") });
        expect(requests(), "the driver knows the node's name by then").to.have.length(3);
        nodeNames("enp3s0");
        await run({ network });
        expect(driver.cluster.holders).to.deep.equal({ ...on(network.parent), ...on("enp3s0") });
        expect(held()).to.have.members(Object.keys(driver.cluster.holders));
      });

      it("are claimed nowhere by a Vnic that waits for one of them, so that it wakes no other that waits", async () => {
        await hold({ addresses: ["192.168.50.10/24"] });
        await plain(run({ network }));
        const refused = [
          { ...attachedStatus(storedVnic(), at, injectResult(), new Date()).conditions[0]!, reason: "HeldByOther" },
        ];
        driver.cluster.store({ ...storedVnic({ network }), status: { conditions: refused } });
        driver.cluster.calls.length = 0;
        expect(await plain(run({ network }))).to.have.property("kind", "conflict");
        expect(driver.cluster.calls.filter((call) => /createAddress|deleteAddress/.test(call))).to.deep.equal([]);
      });

      it("are released with the Vnic", async () => {
        const known = await run({ network });
        await eject(driver, { namespace: "shop", name: "db-wire" }, known, new Deadline("deleting", 120));
        expect(driver.cluster.holders).to.deep.equal({});
      });
    });

    it("belong to a Vnic of an older version, even though it has no objects for them", async () => {
      const stored = storedVnic(other, { uid: uid(7), annotations: { [annotations.node]: "worker-1" } });
      const labelled = { ...stored, metadata: { ...stored.metadata, labels: { [labels.mac]: "0011223344556677" } } };
      const live = liveInterface({ mac: other.mac });
      driver.cluster.store({
        ...labelled,
        status: attachedStatus(labelled, at, injectResult({ interface: live }), new Date()),
      });
      const never = storedVnic({ name: "never", mac, addresses: ["192.168.50.12/24"] }, { uid: uid(8) });
      driver.cluster.store({
        ...never,
        metadata: { ...never.metadata, labels: { [labels.mac]: "77" }, annotations: {} },
      });
      expect((await plain(run())).message).to.match(/^addresses\[0\]: 192.168.50.10 is held by Vnic shop\/other/);
      expect(driver.cluster.holders, "one that was never in a pod has nothing").to.deep.equal({
        "eth1 02:00:00:00:00:99": "shop/other",
        "eth1 192.168.50.10": "shop/other",
      });
    });
  });

  describe("by a process that was stopped for longer than its claim lives", () => {
    const takenOver = JSON.stringify({ holder: "another" });
    let clock: FakeClock;
    beforeEach(() => {
      clock = new FakeClock();
    });
    const runStopped = (options?: InjectOptions) =>
      inject({ ...driver, claims: new Claims("a test", clock) }, definition(), options);
    /** Stops the process when it sends a request, while another driver takes the Vnic over and writes that. */
    const stopAt = (request: "createAddress" | "createJob", change: (record: StoredVnic) => void) =>
      driver.cluster.before(request, () => {
        clock.stop(16);
        change(record()!);
      });
    const pass = ({ spec, metadata }: StoredVnic) =>
      driver.cluster.store({
        ...storedVnic(),
        spec,
        metadata: { ...metadata, annotations: { ...metadata.annotations, [annotations.claim]: takenOver } },
        status: { ...attachedStatus(storedVnic(), at, injectResult(), new Date()), node: "worker-2" },
      });

    for (const [what, arrange] of [
      [
        "a new one",
        () => stopAt("createAddress", ({ metadata }) => driver.cluster.vnics.delete(`shop/${metadata.name}`)),
      ],
      ["an existing one", () => (driver.cluster.store(storedVnic()), stopAt("createJob", pass))],
    ] as const)
      it(`makes no NIC, and leaves the record to the other driver: ${what}`, async () => {
        arrange();
        let theirs: StoredVnic | undefined;
        const first = driver.cluster.nodeSide.go;
        driver.cluster.nodeSide.go = (request) => ((theirs = record()), first(request));
        expect((await incomplete(runStopped())).message).to.include(
          "another process may have taken over Vnic shop/db-wire",
        );
        expect(driver.cluster.nodeSide.requests.at(-1)).to.include({ verb: "go", proceed: false });
        expect(record()).to.deep.equal(theirs);
      });

    it("writes no status, and frees none of the addresses that the other driver has on the NIC by now", async () => {
      await run();
      const known = await run({ addresses: ["192.168.50.11/24"] });
      let theirs: StoredVnic | undefined;
      driver.cluster.nodeSide.inject = () => {
        clock.stop(16);
        pass(record()!);
        theirs = record();
        return injectResult();
      };
      const before = driver.cluster.holders;
      const claims = new Claims("a test", clock);
      const { message } = await incomplete(inject({ ...driver, claims }, definition(), { known }));
      expect(message).to.include("another process may have taken over Vnic shop/db-wire");
      expect(driver.cluster.holders).to.include(before);
      expect(record()?.status).to.deep.equal(theirs?.status);
    });
  });

  describe("of two stacks at the same moment", () => {
    it("names the other owner when both want the same record", async () => {
      driver.cluster.before("createVnic", () => driver.cluster.store(storedVnic({ declaredBy: stranger })));
      const error = await plain(run());
      expect(error.kind).to.equal("conflict");
      expect(error.message).to.include(stranger);
      expect(record()?.metadata.uid).to.equal(uid(1));
    });
  });

  describe("of a Vnic that already exists", () => {
    it("keeps the record and its UID", async () => {
      const first = await run();
      const second = await run({ addresses: ["192.168.50.11/24"] });
      expect(second.uid).to.equal(first.uid);
      expect(record()?.spec.addresses).to.deep.equal(["192.168.50.11/24"]);
    });

    it("accepts a record whose owner has the name before a rename, and keeps that owner", async () => {
      const renamed = `${urn}-renamed`;
      driver.cluster.store(storedVnic());
      await run({ declaredBy: renamed }, { known: knownAs({ uid: uid(1), node: "worker-1", owner: urn }) });
      expect(record()?.metadata.annotations?.[annotations.owner]).to.equal(urn);
    });

    it("first removes it from the node where its previous pod ran", async () => {
      driver.cluster.store(storedVnic());
      driver.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
      await run();
      expect(driver.cluster.writes.filter((call) => call.startsWith("createJob"))).to.deep.equal([
        "createJob worker-1",
        "createJob worker-2",
      ]);
      expect(driver.cluster.nodeSide.work.map(({ verb }) => verb)).to.deep.equal(["eject", "inject"]);
      expect(record()?.metadata.annotations?.[annotations.node]).to.equal("worker-2");
    });

    it("first removes the Vnic with the UID in state when that UID has no record any more", async () => {
      await run({}, { known: knownAs({ uid: uid(8), node: "worker-2" }) });
      expect(
        driver.cluster.nodeSide.work.map((request) => [request.verb, "plan" in request && request.plan.vnic.uid]),
      ).to.deep.equal([
        ["eject", uid(8)],
        ["inject", record()?.metadata.uid],
      ]);
      expect(driver.cluster.writes.slice(0, 2)).to.deep.equal(["createJob worker-2", "createVnic shop/db-wire"]);
    });

    it("first ejects a record that is being deleted, and creates a new one", async () => {
      driver.cluster.store(storedVnic({}, { deletionTimestamp: "2026-11-23T08:30:00Z" }));
      const state = await run();
      expect(driver.cluster.nodeSide.work.map(({ verb }) => verb)).to.deep.equal(["eject", "inject"]);
      expect(state.uid).to.not.equal(uid(1));
      expect(record()?.metadata.deletionTimestamp).to.equal(undefined);
    });
  });

  it("repeats the work when its session breaks", async () => {
    const { nodeSide, attachments } = driver.cluster;
    const whole = nodeSide.inject;
    nodeSide.inject = (request) => {
      nodeSide.inject = whole;
      attachments[0]?.end("container killed");
      return whole(request);
    };
    await run();
    expect(nodeSide.work.map(({ verb }) => verb)).to.deep.equal(["inject", "inject"]);
  });

  it("looks in the runtime's directories that the platform's namespace and the node name", async () => {
    const named = (layout: string) => ({ metadata: { annotations: { [annotations.runtimeLayout]: layout } } });
    const layoutOfSession = async () => {
      await run();
      const [job] = driver.cluster.jobs.values();
      await driver.sessions.close();
      return job?.spec.template.spec.containers[0].env[0];
    };
    driver.cluster.namespaces.set("vnic-system", named("k0s"));
    expect(await layoutOfSession()).to.deep.equal({ name: "VNIC_RUNTIME", value: "k0s" });
    driver.cluster.nodes.set("worker-1", { ...node(), ...named("k3s") });
    expect(await layoutOfSession()).to.deep.equal({ name: "VNIC_RUNTIME", value: "k3s" });
  });

  for (const [known, what] of [
    [{ handler: "runsc" }, "by its handler"],
    [undefined, "by its name, where nobody may read the class"],
  ] as const)
    it(`is refused for a pod whose RuntimeClass hides its NIC, known ${what}`, async () => {
      const { cluster } = driver;
      if (known) cluster.runtimeClasses.set("gvisor", known);
      else cluster.failNext("findRuntimeClass", new VnicError("forbidden", "no"));
      const { spec, ...rest } = pod();
      cluster.pods.set("shop/db-0", { ...rest, spec: { ...spec, runtimeClassName: "gvisor" } });
      expect((await plain(run())).message).to.match(
        /^pod\.name: pod shop\/db-0 runs in gVisor \(RuntimeClass gvisor\), /,
      );
      expect(cluster.writes).to.deep.equal([]);
    });

  it("is refused at once when the node doesn't exist", async () => {
    driver.cluster.nodes.clear();
    expect((await rejection(run())).message).to.equal(
      "there is no node worker-1, so no injection session can run on it",
    );
  });
});
