import { expect } from "chai";
import fc from "fast-check";
import { isVnicError, messageOf } from "../../../provider/base/errors.ts";
import { inject } from "../../../provider/lifecycle/inject.ts";
import { removeNetwork } from "../../../provider/lifecycle/network/network-record.ts";
import { networkStatusAnnotation } from "../../../provider/model/kubernetes/network-status.ts";
import { annotations, apiVersion, finalizer, labels, setFinalizer } from "../../../provider/model/names.ts";
import type { StoredVnicSet } from "../../../provider/model/vnic-set/record.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { sweepAddresses } from "../../../provider/reconciler/address-sweep.ts";
import { reconcileVnic } from "../../../provider/reconciler/controller.ts";
import type { ReconcilerContext } from "../../../provider/reconciler/task.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { awaitedValues, waitersFor } from "../../../provider/reconciler/waiters.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { definition, pod, storedVnic, uid } from "../../fakes/objects.ts";

/* What a tenant writes into metadata and annotations without the policies, and into its own other objects with them. */

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** Texts of an annotation, up to the size that the API server accepts. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.json(),
  fc.constantFrom(
    ...["", " ", "..", ".", "../../nodes/x", "%2e%2e", "worker-1", "worker-2", "WORKER-1", "null", "[]", "{}", '"'],
    ...["__proto__", "constructor", "\u001b]0;x\u0007\u001b[2J", "\u202eabc", "x".repeat(250_000), "\n".repeat(1000)],
    ...['{"holder":"a","renewed":"never"}', '{"holder":{},"renewed":[]}', '{"holder":"\u001b[2J","renewed":0}'],
    ...[
      nested(20_000),
      `[${nested(3000)}]`,
      `["${'\\"'.repeat(60_000)}`,
      '["eth1 192.168.50.10","eth1 192.168.50.99"]',
    ],
    ...[`[{"interface":"net1","mac":${nested(2000)}}]`, JSON.stringify(Array(20_000).fill("a b"))],
  ),
);
const config = fc.oneof(
  text,
  text.map((type) => `{"type":${JSON.stringify(type)}}`),
  fc.constantFrom(
    `{"type":${nested(20_000)}}`,
    `{"type":"macvlan","master":"eth1","ipam":{"type":${nested(20_000)}}}`,
    `{"type":"macvlan","master":${nested(10_000)}}`,
    `{"plugins":[{"type":"macvlan","master":"eth1"},{"type":"tuning","mac":${nested(10_000)}}]}`,
    `{"type":"macvlan","master":"eth1","__proto__":{"parent":"eth0"}}`,
    `{"type":"macvlan","master":"eth1"}`,
  ),
);
const some = (keys: readonly string[], value: fc.Arbitrary<string>) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: keys.length });
const hostile = fc.record({
  annotations: some([...Object.values(annotations), "team"], text),
  labels: some([...Object.values(labels), `${labels.address}7`], text),
  finalizers: fc.subarray([finalizer, setFinalizer, "example.com/keep"]),
  podAnnotations: some([networkStatusAnnotation, "kubernetes.io/config.mirror", "kubernetes.io/config.hash"], text),
  attachmentAnnotations: fc.constantFrom({}, { [annotations.networkStatus]: "true" }),
  config,
  deleted: fc.boolean(),
  attached: fc.boolean(),
  network: fc.constantFrom<StoredVnic["spec"]["network"]>(
    { mode: "macvlan", parent: "eth1" },
    { networkAttachmentDefinition: "shop/lan" },
    { name: "lan" },
    { name: "none" },
  ),
});
type Hostile = typeof hostile extends fc.Arbitrary<infer T> ? T : never;

/** No message may be longer: a condition's limit, and some words around it. */
const longest = 5000;

describe("a tenant's record, whatever its metadata and the tenant's other objects contain,", () => {
  const neighbor = definition({
    ...{ name: "wire", pod: { namespace: "web", name: "web-0" }, mac: "02:00:5e:10:00:77", interfaceName: "net7" },
    ...{ addresses: ["192.168.50.77/24"], declaredBy: "urn:web" },
  });
  const set: StoredVnicSet = {
    ...{ apiVersion, kind: "VnicSet" },
    metadata: { namespace: "web", name: "wires", uid: uid(70), resourceVersion: "1", generation: 1 },
    spec: {
      selector: { app: "web" },
      template: { network: { mode: "macvlan", parent: "eth1" }, interfaceName: "net1" },
    },
  };

  /** A cluster with the tenant's objects and those of a neighbour. */
  const setUp = async (given: Hostile): Promise<FakeDriver> => {
    const driver = fakeDriver();
    const { cluster } = driver;
    const web = pod({ name: "web-0", uid: uid(7) });
    cluster.pods.set("web/web-0", { ...web, metadata: { ...web.metadata, namespace: "web" } });
    cluster.namespaces.set("web", {});
    cluster.networks.set("lan", {
      ...{ apiVersion, kind: "VnicNetwork", metadata: { name: "lan", uid: uid(50), resourceVersion: "1" } },
      spec: { mode: "macvlan", parent: "eth1", vnicsPerNamespace: 50 },
    });
    const spec = { ...storedVnic().spec, network: given.network };
    const fresh = { ...storedVnic(), spec };
    if (given.attached) {
      const { finalizers: _, labels: __, annotations: ___, ...bare } = fresh.metadata;
      cluster.store({ ...fresh, metadata: bare });
      await reconcileVnic(contextOf(driver, []), "shop/db-wire").catch(() => undefined);
    }
    const { metadata, ...record } = cluster.vnics.get("shop/db-wire") ?? fresh;
    const deleted = given.deleted ? { deletionTimestamp: "2026-11-23T10:00:00Z" } : {};
    const marks = { annotations: given.annotations, labels: given.labels, finalizers: given.finalizers };
    cluster.store({ ...record, metadata: { ...metadata, ...marks, ...deleted } });
    const own = cluster.pods.get("shop/db-0")!;
    cluster.pods.set("shop/db-0", { ...own, metadata: { ...own.metadata, annotations: given.podAnnotations } });
    cluster.attachmentDefinitions.set("shop/lan", {
      metadata: { namespace: "shop", name: "lan", annotations: given.attachmentAnnotations },
      spec: { config: given.config },
    });
    return driver;
  };
  const contextOf = (driver: FakeDriver, logged: string[]): ReconcilerContext => ({
    ...driver,
    log: (...words: unknown[]) => void logged.push(JSON.stringify(words)),
    due: new Set(["shop/db-wire"]),
    lost: new Set(["shop/db-wire"]),
  });

  it("fails at most by itself, with a bounded error of ours, and never delays or changes a neighbour's", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (given) => {
        const driver = await setUp(given);
        const { cluster } = driver;
        try {
          const logged: string[] = [];
          const context = contextOf(driver, logged);
          const began = performance.now();
          for (let round = 0; round < 2; round++)
            await reconcileVnic(context, "shop/db-wire").catch((error: unknown) => {
              expect(isVnicError(error), String(error).slice(0, 300)).to.equal(true);
              expect(messageOf(error).length).to.be.below(longest);
            });

          // The neighbour's own driver is a new process, which first looks for older records.
          const other = { ...driver, claims: fakeDriver().claims };
          const state = await inject(other, neighbor);
          expect(state.interface).to.not.equal(undefined);
          await reconcileVnic({ ...contextOf(driver, logged), due: new Set(["web/wire"]) }, "web/wire");
          const served = cluster.vnics.get("web/wire")?.status?.conditions.find(({ type }) => type === "Ready");
          expect(served?.status).to.equal("True");

          const addresses = { list: () => [...cluster.addresses.values()] };
          const vnics = { list: () => [...cluster.vnics.values()] };
          await sweepAddresses(cluster, context.log, addresses, vnics);
          expect(cluster.holders).to.include({ "eth1 192.168.50.77": "web/wire" });
          expect(await new UnavailableAddresses(addresses, vnics).outsideOf(cluster, set)).to.include("192.168.50.77");
          for (const vnic of vnics.list()) awaitedValues(vnic);
          for (const address of addresses.list()) waitersFor(address, vnics.list());
          await removeNetwork(cluster, { name: "lan", uid: uid(50) }).catch((error: unknown) => {
            expect(messageOf(error)).to.match(/in use by Vnic shop\/db-wire/);
          });

          for (const { status } of cluster.vnics.values())
            for (const { message } of status?.conditions ?? []) expect(message.length).to.be.at.most(4096);
          for (const line of [...logged, ...driver.reports]) expect(line.length).to.be.below(longest);
          for (const { message } of cluster.events) expect(message.length).to.be.at.most(1024);
          expect(performance.now() - began, "milliseconds").to.be.below(60_000);
        } finally {
          await driver.sessions.close();
        }
      }),
      { numRuns: 400 },
    );
  }).timeout(600_000);

  it("can be deleted by its driver whatever its metadata says, as long as nobody else keeps it", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (given) => {
        const finalizers = [finalizer];
        const { [annotations.claim]: _, [annotations.createdBy]: __, ...notes } = given.annotations;
        const driver = await setUp({ ...given, finalizers, annotations: notes, deleted: true });
        try {
          await reconcileVnic(contextOf(driver, []), "shop/db-wire");
          expect(driver.cluster.vnics.has("shop/db-wire")).to.equal(false);
        } finally {
          await driver.sessions.close();
        }
      }),
      { numRuns: 200 },
    );
  }).timeout(600_000);
});
