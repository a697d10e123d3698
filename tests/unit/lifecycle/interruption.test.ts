import { expect } from "chai";
import { isVnicError } from "../../../provider/base/errors.ts";
import { Claims } from "../../../provider/lifecycle/claim.ts";
import { Deadline } from "../../../provider/lifecycle/deadline.ts";
import type { Driver } from "../../../provider/lifecycle/driver.ts";
import { eject } from "../../../provider/lifecycle/eject.ts";
import { IncompleteError } from "../../../provider/lifecycle/incomplete-error.ts";
import { inject } from "../../../provider/lifecycle/inject.ts";
import { observe } from "../../../provider/lifecycle/observe.ts";
import { SessionPool } from "../../../provider/lifecycle/session/session-pool.ts";
import { valuesOf } from "../../../provider/model/address/address.ts";
import { memberKey } from "../../../provider/model/address/membership.ts";
import { annotations, labels } from "../../../provider/model/names.ts";
import { networkRecordOf } from "../../../provider/model/network/record.ts";
import { isNamed } from "../../../provider/model/network/reference.ts";
import type { Definition } from "../../../provider/model/vnic/definition.ts";
import { difference } from "../../../provider/model/vnic/diff.ts";
import { isRealised } from "../../../provider/model/vnic/pending.ts";
import { specOf } from "../../../provider/model/vnic/record.ts";
import { definitionOf, type VnicState } from "../../../provider/model/vnic/state.ts";
import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
import { mortal } from "../../fakes/mortal-cluster.ts";
import { association, definition, injectResult, lease, liveInterface, uid } from "../../fakes/objects.ts";

const ref = { namespace: "shop", name: "db-wire" };

/** A cluster whose only pod has a NIC as the last injection has made it. */
class World {
  readonly cluster = new FakeCluster();
  private readonly pools: SessionPool[] = [];
  private plan: InjectPlan | undefined;

  constructor() {
    const { nodeSide } = this.cluster;
    nodeSide.inject = (request) => {
      if (request.verb === "inject") this.plan = request.plan;
      const { pod } = association();
      return injectResult({
        interface: this.nic,
        association: association({ pod: { ...pod, uid: this.plan?.pod.uid ?? "" } }),
        ...this.lease,
      });
    };
    nodeSide.eject = () => {
      const removed = this.plan !== undefined;
      this.plan = undefined;
      return { removed, resourceFile: true, steps: [] };
    };
    nodeSide.observe = () => ({
      ...(this.plan ? { interface: this.nic } : {}),
      sandboxId: association().sandboxId,
      resourceFile: true,
      decidedMtu: this.plan?.mtu ?? 1500,
      ...this.lease,
    });
    this.setNetworkMtu(1450);
  }

  setNetworkMtu(mtu: number): void {
    for (const [index, name] of ["lan", "same-lan"].entries())
      this.cluster.networks.set(name, {
        ...networkRecordOf({ name, mode: "macvlan", parent: "eth1", freeMacs: true, mtu, vnicsPerNamespace: 1 }),
        metadata: { name, uid: uid(70 + index), resourceVersion: "1" },
      });
  }

  /** The VnicNetworks that the claims of Vnics name, and whether as members. */
  get memberships(): Record<string, string | undefined> {
    const claims = [...this.cluster.addresses.values()].flatMap(({ metadata }) =>
      Object.entries(metadata.labels ?? {}),
    );
    return Object.fromEntries(claims.filter(([key]) => key.startsWith(labels.member)));
  }

  get nic() {
    const { interfaceName: name = "", mac = "", mtu = 1500, addresses = [] } = this.plan ?? {};
    return liveInterface({
      name,
      mac,
      mtu,
      addresses: [...addresses, ...(this.plan?.dhcp ? [lease().address] : [])],
    });
  }

  private get lease() {
    return this.plan?.dhcp ? { lease: lease() } : {};
  }

  /** A process that works on the cluster, and dies after that many calls. */
  driver(calls = Infinity): Driver {
    const cluster = mortal(this.cluster, calls);
    const sessions = new SessionPool(cluster, { image: "localhost/image:1", lingerMilliseconds: 5 });
    this.pools.push(sessions);
    // All have the same name, so that none has to wait until the claim of a dead one expires.
    return { cluster, sessions, claims: new Claims("a test"), report: () => undefined };
  }

  close(): Promise<unknown> {
    return Promise.all(this.pools.map((sessions) => sessions.close()));
  }
}

interface Edit {
  readonly what: string;
  readonly before?: Partial<Definition>;
  readonly after?: Partial<Definition>;
  /** What happens outside of the program before the edit. */
  readonly happens?: (world: World) => void;
}

const onNetwork = { network: { name: "lan" } };
const edits: readonly Edit[] = [
  { what: "gets another address", after: { addresses: ["192.168.50.11/24"] } },
  { what: "gets an MTU", after: { mtu: 1400 } },
  { what: "is renamed", after: { interfaceName: "net2" } },
  { what: "gets a label", after: { labels: { tier: "a" } } },
  { what: "gets a route", after: { routes: [{ to: "10.0.0.0/8", via: "192.168.50.1" }] } },
  { what: "gives up its lease", before: { addresses: [], dhcp: {} }, after: { addresses: ["192.168.50.11/24"] } },
  { what: "joins a Network", after: onNetwork },
  { what: "leaves a Network for an inline network of its LAN", before: onNetwork },
  { what: "moves between Networks of one LAN", before: onNetwork, after: { network: { name: "same-lan" } } },
  { what: "follows its Network", before: onNetwork, after: onNetwork, happens: (world) => world.setNetworkMtu(1400) },
  {
    what: "follows its pod",
    happens: ({ cluster }) => {
      const pod = cluster.pods.get("shop/db-0");
      cluster.pods.set("shop/db-0", { ...pod, metadata: { ...pod?.metadata, uid: uid(9) } });
    },
  },
];

describe("a Vnic whose process was interrupted", () => {
  /** What a refresh finds, and whether the next `up` then updates the Vnic. */
  async function refresh(world: World, known: VnicState, wanted: Definition) {
    const seen = await observe(world.driver(), ref, known);
    if (!seen) throw new Error("the Vnic is gone");
    const { update, replace } = difference(definitionOf(seen), wanted);
    return { seen, isPlanned: seen.drift !== undefined || update.length + replace.length > 0 };
  }

  /** Runs `up --refresh`, and asserts that record, addresses, NIC and the next plan then are as wanted. */
  async function recover(world: World, known: VnicState, wanted: Definition, at: string): Promise<void> {
    const { seen, isPlanned } = await refresh(world, known, wanted);
    const state = isPlanned ? await inject(world.driver(), wanted, { known: seen }) : seen;
    const record = world.cluster.vnics.get("shop/db-wire");
    expect(record && isRealised(record), `${at}: realised`).to.equal(true);
    expect(record?.spec, at).to.deep.equal(specOf(wanted));
    expect(record?.metadata.labels?.["tier"], at).to.equal(wanted.labels?.["tier"]);
    expect(record?.metadata.annotations, at).not.to.have.property(annotations.claim);
    expect(record?.status?.interface, at).to.deep.equal(world.nic);
    expect(record?.status?.pod?.uid, at).to.equal(world.cluster.pods.get("shop/db-0")?.metadata?.uid);
    const held = Object.keys(world.cluster.holders).map((key) => key.split(" ")[1]);
    expect(held, at).to.have.members(valuesOf(wanted));
    const { network } = wanted;
    const joined = isNamed(network) ? { [memberKey(network.name)]: "member" } : {};
    expect(world.memberships, at).to.deep.equal(joined);
    const after = await refresh(world, state, wanted);
    expect([after.seen.drift, after.isPlanned], at).to.deep.equal([undefined, false]);
  }

  interface Story {
    readonly prepare?: (world: World) => Promise<VnicState>;
    readonly attempt: (driver: Driver, standing: VnicState | undefined) => Promise<unknown>;
    /** What happens after the attempt was interrupted at that moment. */
    readonly next: (world: World, at: string, standing: VnicState | undefined, error: unknown) => Promise<void>;
  }

  /** Interrupts an attempt after 0, 1, 2 … calls, each time in a new world. Returns how many calls it needs. */
  async function interruptEverywhere({ prepare, attempt, next }: Story): Promise<number> {
    for (let calls = 0; ; calls++) {
      const world = new World();
      const at = `after ${calls} calls`;
      try {
        const standing = await prepare?.(world);
        const error: unknown = await attempt(world.driver(calls), standing).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) return calls;
        expect(isVnicError(error), at).to.equal(true);
        await next(world, at, standing, error);
      } finally {
        await world.close();
      }
    }
  }

  /** Interrupts an edit everywhere. `next` says what is in state and in the program at the next `up --refresh`. */
  function interruptEdit(
    { before, after, happens }: Edit,
    next: (standing: VnicState, error: unknown) => { known: VnicState; wanted: Definition },
  ): Promise<number> {
    return interruptEverywhere({
      prepare: async (world) => {
        const standing = await inject(world.driver(), definition(before));
        happens?.(world);
        return standing;
      },
      attempt: (driver, standing) => inject(driver, definition(after), known(standing)),
      next: async (world, at, standing, error) => {
        const { known, wanted } = next(standing as VnicState, error);
        await recover(world, known, wanted, at);
      },
    });
  }

  const known = (state: VnicState | undefined) => (state ? { known: state } : {});
  const deadline = () => new Deadline("ejecting", 120);
  const remove = (driver: Driver, { uid, node, owner = "" }: VnicState) =>
    eject(driver, ref, { uid, node, owner, podName: "db-0" }, deadline());

  for (const edit of edits) {
    const { what, before, after } = edit;
    it(`while it ${what} is as declared after the next refresh and up, whenever that was`, async () => {
      const moments = await interruptEdit(edit, (known) => ({ known, wanted: definition(after) }));
      expect(moments).to.be.greaterThan(8);
    });

    it(`while it ${what} is as it was if the program is changed back, whenever that was`, async () => {
      await interruptEdit(edit, (known) => ({ known, wanted: definition(before) }));
    });

    it(`while it ${what} is as declared after the API server failed and a refresh forgot the error`, async () => {
      await interruptEdit(edit, (standing, error) => {
        const known = error instanceof IncompleteError ? (error.state as VnicState) : standing;
        return { known, wanted: definition(after) };
      });
    });
  }

  it("while it is created is as declared after the next up, whenever that was", async () => {
    const moments = await interruptEverywhere({
      attempt: (driver) => inject(driver, definition()),
      next: async (world, at) => recover(world, await inject(world.driver(), definition()), definition(), at),
    });
    expect(moments).to.be.greaterThan(8);
  });

  const standing = (world: World) => inject(world.driver(), definition());

  it("while it is deleted is gone after the next up, whenever that was", async () => {
    const moments = await interruptEverywhere({
      prepare: standing,
      attempt: (driver, state) => remove(driver, state as VnicState),
      next: async (world, at, state) => {
        await remove(world.driver(), state as VnicState);
        expect([...world.cluster.vnics.keys()], at).to.deep.equal([]);
        expect(world.cluster.holders, at).to.deep.equal({});
      },
    });
    expect(moments).to.be.greaterThan(8);
  });

  it("while it is deleted is as declared if the program declares it again, whenever that was", async () => {
    await interruptEverywhere({
      prepare: standing,
      attempt: (driver, state) => remove(driver, state as VnicState),
      next: async (world, at, state) => {
        if (world.cluster.vnics.size > 0) return recover(world, state as VnicState, definition(), at);
        // Nothing is left, so the refresh takes it out of the state.
        await recover(world, await inject(world.driver(), definition()), definition(), at);
      },
    });
  });
});
