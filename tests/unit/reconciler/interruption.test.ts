import { expect } from "chai";
import { Claims } from "../../../provider/lifecycle/claim.ts";
import { SessionPool } from "../../../provider/lifecycle/session/session-pool.ts";
import { annotations } from "../../../provider/model/names.ts";
import { isRealised } from "../../../provider/model/vnic/pending.ts";
import { reconcileVnic } from "../../../provider/reconciler/controller.ts";
import type { ReconcilerContext } from "../../../provider/reconciler/task.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
import { mortal } from "../../fakes/mortal-cluster.ts";
import { association, injectResult, pod, storedVnic, uid } from "../../fakes/objects.ts";

const id = "shop/db-wire";

/** A cluster with one Vnic, and the UID of the pod that has its NIC. */
class World {
  readonly cluster = new FakeCluster();
  /** UIDs of pods that lost sight of their NIC, because another pod got one while they had it. */
  readonly forgotten: string[] = [];
  nicIn: string | undefined;
  private readonly pools: SessionPool[] = [];

  constructor() {
    const { metadata, spec, ...rest } = storedVnic();
    const { finalizers: _, labels: __, annotations: ___, ...bare } = metadata;
    this.cluster.store({ ...rest, metadata: bare, spec });
    const { nodeSide } = this.cluster;
    nodeSide.inject = (request) => {
      const next = request.verb === "inject" ? request.plan.pod.uid : "";
      if (this.nicIn !== undefined && this.nicIn !== next) this.forgotten.push(this.nicIn);
      this.nicIn = next;
      return injectResult({ association: association({ pod: { ...association().pod, uid: next } }) });
    };
    nodeSide.eject = () => {
      const removed = this.nicIn !== undefined;
      this.nicIn = undefined;
      return { removed, resourceFile: removed, steps: [] };
    };
  }

  /** A reconciler that dies after that many calls does its work until there is nothing left to do, or it is dead. */
  async reconcile(calls = Infinity): Promise<"done" | "dead"> {
    const cluster = mortal(this.cluster, calls);
    const sessions = new SessionPool(cluster, { image: "localhost/image:1", lingerMilliseconds: 5 });
    this.pools.push(sessions);
    // All have the same name, so that none has to wait until the claim of a dead one expires.
    const claims = new Claims("a test");
    const context: ReconcilerContext = {
      cluster,
      sessions,
      claims,
      report: () => undefined,
      log: () => undefined,
      due: new Set(),
      lost: new Set(),
    };
    try {
      while ((await reconcileVnic(context, id)).againInSeconds !== undefined);
      return "done";
    } catch {
      return "dead";
    }
  }

  get record() {
    return this.cluster.vnics.get(id);
  }

  close(): Promise<unknown> {
    return Promise.all(this.pools.map((sessions) => sessions.close()));
  }
}

const changes: Record<string, (world: World) => Promise<void> | void> = {
  "runs on another node now": ({ cluster }) => {
    cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
  },
  "was made again on its node": ({ cluster }) => {
    cluster.pods.set("shop/db-0", pod({ uid: uid(3) }));
  },
  "was gone for a while": async (world) => {
    world.cluster.pods.clear();
    await world.reconcile();
    world.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
  },
  "is gone": ({ cluster }) => cluster.pods.clear(),
};

describe("a reconciler that dies while a Vnic follows its pod", () => {
  /** Lets a reconciler die after 0, 1, 2 … calls, each time in a new world. Returns how many calls it needs. */
  async function dieEverywhere(
    change: (world: World) => Promise<void> | void,
    next: (world: World, at: string) => Promise<void>,
  ): Promise<number> {
    for (let calls = 0; ; calls++) {
      const world = new World();
      const at = `after ${calls} calls`;
      try {
        await world.reconcile();
        await change(world);
        const how = await world.reconcile(calls);
        await next(world, at);
        expect(world.forgotten, at).to.deep.equal([]);
        if (how === "done") return calls;
      } finally {
        await world.close();
      }
    }
  }

  for (const [what, change] of Object.entries(changes)) {
    it(`leaves what another one completes, if the pod ${what}`, async () => {
      const moments = await dieEverywhere(change, async (world, at) => {
        expect(await world.reconcile(), at).to.equal("done");
        const { cluster, record, nicIn } = world;
        const metadata = cluster.pods.get("shop/db-0")?.metadata;
        expect(nicIn, at).to.equal(metadata?.uid);
        expect(record && isRealised(record), at).to.equal(metadata !== undefined);
        expect(record?.metadata.annotations?.[annotations.podUid], at).to.equal(metadata?.uid);
        expect(Object.values(cluster.holders), at).to.deep.equal([id, id]);
      });
      expect(moments).to.be.greaterThan(5);
    });

    it(`leaves nothing that a deletion doesn't remove, if the pod ${what}`, async () => {
      await dieEverywhere(change, async (world, at) => {
        const { metadata, ...rest } = world.record!;
        world.cluster.store({ ...rest, metadata: { ...metadata, deletionTimestamp: "2026-11-23T10:00:00Z" } });
        expect(await world.reconcile(), at).to.equal("done");
        expect([world.record, world.nicIn, world.cluster.holders], at).to.deep.equal([undefined, undefined, {}]);
      });
    });
  }
});
