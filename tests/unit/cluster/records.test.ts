import { expect } from "chai";
import { openCluster } from "../../../provider/cluster/kube-cluster.ts";
import {
  annotations,
  apiVersion,
  finalizer,
  group,
  networkFinalizer,
  setFinalizer,
} from "../../../provider/model/names.ts";
import { failure, FakeApiServer, ok } from "../../fakes/api-server.ts";
import { rejection } from "../../fakes/cluster.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";
import { uid } from "../../fakes/objects.ts";

type Cluster = Awaited<ReturnType<typeof openCluster>>;

const ref = { namespace: "shop", name: "db-wire" };
const others = "example.com/other";
const lost = { ...failure(409, "the object has been modified").body, reason: "Conflict" };

interface KindCalls {
  readonly what: string;
  readonly path: string;
  readonly finalizer: string;
  readonly find: (cluster: Cluster) => Promise<object | undefined>;
  readonly hold?: (cluster: Cluster, uid: string) => Promise<void>;
  readonly release: (cluster: Cluster, uid: string) => Promise<void>;
  readonly remove: (cluster: Cluster, uid: string) => Promise<void>;
}

const kinds: KindCalls[] = [
  {
    what: "Vnic shop/db-wire",
    path: `/apis/${apiVersion}/namespaces/shop/vnics/db-wire`,
    finalizer,
    find: (cluster) => cluster.findVnic(ref),
    release: (cluster, of) => cluster.releaseVnic(ref, of),
    remove: async (cluster, of) => void (await cluster.deleteVnic(ref, of)),
  },
  {
    what: "VnicSet shop/db-wire",
    path: `/apis/${apiVersion}/namespaces/shop/vnicsets/db-wire`,
    finalizer: setFinalizer,
    find: (cluster) => cluster.findVnicSet(ref),
    hold: (cluster, of) => cluster.holdVnicSet(ref, of),
    release: (cluster, of) => cluster.releaseVnicSet(ref, of),
    remove: (cluster, of) => cluster.deleteVnicSet(ref, of),
  },
  {
    what: "VnicNetwork lan",
    path: `/apis/${apiVersion}/vnicnetworks/lan`,
    finalizer: networkFinalizer,
    find: (cluster) => cluster.findNetwork("lan"),
    hold: (cluster, of) => cluster.holdNetwork("lan", of),
    release: (cluster, of) => cluster.releaseNetwork("lan", of),
    remove: (cluster, of) => cluster.deleteNetwork("lan", of),
  },
];

for (const { what, path, finalizer: ours, find, hold, release, remove } of kinds)
  describe(`the record of ${what}`, () => {
    let server: FakeApiServer;
    let cluster: Cluster;
    beforeEach(async () => {
      server = await new FakeApiServer().start();
      cluster = await openCluster({ kubeconfig: kubeconfig({ server: server.url }) });
    });
    afterEach(() => server.stop());
    const patch = `PATCH ${path}`;
    const stored = (metadata: object) =>
      server.on(`GET ${path}`, ok({ metadata: { ...ref, uid: uid(1), resourceVersion: "5", ...metadata } }));
    const patched = () => server.bodies(patch) as { metadata: { finalizers: string[]; resourceVersion: string } }[];

    it("can be missing", async () => expect(await find(cluster)).to.equal(undefined));

    it("is named in the error when it can't be read", async () => {
      server.on(`GET ${path}`, failure(403, "cannot get resource"));
      expect((await rejection(find(cluster))).message).to.match(new RegExp(`^reading ${what}: `));
    });

    it("loses our finalizer and keeps all others", async () => {
      stored({ finalizers: [others, ours] });
      server.on(patch, ok({}));
      await release(cluster, uid(1));
      expect(patched()).to.deep.equal([{ metadata: { finalizers: [others], resourceVersion: "5" } }]);
    });

    it("no longer waits for objects that name it as their owner when it loses our finalizer", async () => {
      stored({ finalizers: ["foregroundDeletion", others, ours] });
      server.on(patch, ok({}));
      await release(cluster, uid(1));
      expect(patched()).to.deep.equal([{ metadata: { finalizers: [others], resourceVersion: "5" } }]);
    });

    it("is read again after a concurrent write", async () => {
      stored({ finalizers: [ours] });
      let tries = 0;
      server.on(patch, () => {
        stored({ finalizers: [others, ours], resourceVersion: "6" });
        return ++tries === 1 ? { code: 409, body: lost } : ok({});
      });
      await release(cluster, uid(1));
      expect(patched().at(-1)).to.deep.equal({ metadata: { finalizers: [others], resourceVersion: "6" } });
    });

    it("is left alone if it is gone or is another object of that name", async () => {
      await release(cluster, uid(1));
      await hold?.(cluster, uid(1));
      stored({ finalizers: [ours], uid: uid(2) });
      await release(cluster, uid(1));
      await hold?.(cluster, uid(1));
      server.on(`DELETE ${path}`, failure(409, "Precondition failed: UID", { kind: "vnics", group }));
      await remove(cluster, uid(1));
      expect(server.bodies(`DELETE ${path}`)).to.deep.equal([{ preconditions: { uid: uid(1) } }]);
      expect(patched()).to.deep.equal([]);
    });

    if (hold)
      it("gets our finalizer besides others, only once, and not while it is being deleted", async () => {
        server.on(patch, ok({}));
        stored({ finalizers: [others, ours] });
        await hold(cluster, uid(1));
        stored({ finalizers: [others], deletionTimestamp: "2026-11-29T00:00:00Z" });
        await hold(cluster, uid(1));
        expect(patched()).to.deep.equal([]);
        stored({ finalizers: [others] });
        await hold(cluster, uid(1));
        expect(patched()).to.deep.equal([{ metadata: { finalizers: [others, ours], resourceVersion: "5" } }]);
      });
  });

describe("a record's name in a request's path", () => {
  it("is refused if it leads to another path, and nothing is sent", async () => {
    const server = await new FakeApiServer().start();
    const cluster = await openCluster({ kubeconfig: kubeconfig({ server: server.url }) });
    for (const name of [".", "..", "%2e", "a/b", "", "a?b=c", "Ä"]) {
      const calls = [
        cluster.findVnic({ namespace: "shop", name }),
        cluster.findVnic({ namespace: name, name: "db-wire" }),
        cluster.deleteVnic({ namespace: "shop", name }, uid(1)),
        cluster.claimVnic({ ref: { namespace: "shop", name }, uid: uid(1), owner: "any", node: "worker-1" }, "claim"),
        cluster.claimVnic(
          { ref: { namespace: name, name: "db" }, uid: uid(1), owner: "any", node: "worker-1" },
          "claim",
        ),
        cluster.swapVnicAnnotation({ namespace: "shop", name }, annotations.claim, "was", undefined),
        cluster.findVnicSet({ namespace: "shop", name }),
        cluster.deleteVnicSet({ namespace: "shop", name }, uid(1)),
        cluster.findNetwork(name),
        cluster.deleteNetwork(name, uid(1)),
      ];
      for (const call of calls) expect((await rejection(call)).message).to.include("is not the name of an object");
    }
    expect(server.requests).to.deep.equal([]);
    await server.stop();
  });
});
