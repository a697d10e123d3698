import { expect } from "chai";
import { hostOf } from "../../provider/base/address.ts";
import { messageOf } from "../../provider/base/errors.ts";
import type { StoredAddress } from "../../provider/model/address/address.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import type { StoredVnicSet } from "../../provider/model/vnic-set/record.ts";
import { reconcileVnic } from "../../provider/reconciler/controller.ts";
import { openSetBench, type SetBench } from "../support/api/set-bench.ts";
import { kubectl } from "../support/cluster.ts";

const namespace = "restored";

/* What is restored from a backup has other UIDs than before, so its owner references name a set that doesn't exist. */
describe("a VnicSet and its Vnics", () => {
  let bench: SetBench;
  before(async () => {
    bench = await openSetBench(namespace, [{ cidr: "10.79.0.0/24", from: "10.79.0.1", to: "10.79.0.200" }]);
    await reconcile();
  });
  after(async () => {
    await kubectl(bench.api.kubectl, ["delete", "vnicset", "wires", "-n", namespace, "--wait=false"]);
    await reconcile();
    await bench.driver.sessions.close();
  });

  const claims = async () =>
    (await bench.list<StoredAddress>("vnicaddresses")).filter(({ spec }) => spec.segment === namespace);
  /** Lets the set and its Vnics settle, and returns what went wrong. */
  const reconcile = async (): Promise<string[]> => {
    const problems: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      problems.length = 0;
      const isUnfinished = ({ againInSeconds }: { againInSeconds?: number }) => againInSeconds === 0;
      const note = (error: unknown) => void problems.push(messageOf(error));
      if (isUnfinished((await bench.reconcileSet().catch(note)) ?? {})) await bench.reconcileSet().catch(note);
      for (const { metadata } of await bench.list<StoredVnic>("vnics")) {
        const context = { ...bench.driver, log: () => undefined, due: new Set<string>(), lost: new Set<string>() };
        await reconcileVnic(context, `${namespace}/${metadata.name}`).catch(note);
      }
    }
    return problems;
  };
  const addressesByPod = async () =>
    Object.fromEntries((await bench.list<StoredVnic>("vnics")).map(({ spec }) => [spec.pod.name, spec.addresses]));
  /** What a backup has of a set and its Vnics, which are then removed behind the reconciler's back. */
  const lose = async (): Promise<{ metadata: Record<string, unknown> }[]> => {
    const objects: { metadata: Record<string, unknown> }[] = [];
    for (const kind of ["vnicsets", "vnics"])
      for (const object of await bench.list<StoredVnic>(kind)) {
        objects.push(object as never);
        const it = [kind, object.metadata.name, "-n", namespace];
        await kubectl(bench.api.kubectl, ["patch", ...it, "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
        await kubectl(bench.api.kubectl, ["delete", ...it]);
      }
    expect(await bench.list("vnics")).to.deep.equal([]);
    return objects;
  };
  const restore = (objects: readonly object[]) =>
    kubectl(
      bench.api.kubectl,
      ["create", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
  const expectServed = async (addresses: object) => {
    expect(await reconcile()).to.deep.equal([]);
    const [set] = await bench.list<StoredVnicSet>("vnicsets");
    expect([set?.status?.desired, set?.status?.ready, set?.status?.conditions[0]?.reason]).to.deep.equal([
      ...[3, 3, "AllServed"],
    ]);
    expect(await addressesByPod()).to.deep.equal(addresses);
    const vnics = await bench.list<StoredVnic>("vnics");
    for (const { metadata } of vnics)
      expect(metadata.ownerReferences?.map((owner) => (owner as { uid: string }).uid)).to.deep.equal([
        set?.metadata.uid,
      ]);
    const uids = new Set(vnics.map(({ metadata }) => metadata.uid));
    const held = (await claims()).filter(({ spec }) => uids.has(spec.holder.uid)).map(({ spec }) => spec.value);
    expect(held.sort()).to.deep.equal(
      vnics.flatMap(({ status }) => [status!.interface!.mac, ...status!.interface!.addresses.map(hostOf)]).sort(),
    );
  };

  /* Addresses by the pods' ordinals or hashes would be the same again without any record. */
  const moved = { "db-0": ["10.79.0.151/24"], "db-1": ["10.79.0.152/24"], "db-2": ["10.79.0.153/24"] };
  const move = (objects: readonly { metadata: Record<string, unknown> }[]) =>
    objects.map((object) => {
      const { kind, spec } = object as unknown as StoredVnic;
      const addresses = kind === "Vnic" && moved[spec.pod.name as keyof typeof moved];
      return addresses ? { ...object, spec: { ...spec, addresses } } : object;
    });

  for (const [how, omitted] of [
    ["with their owner references", []],
    ["without their owner references", ["ownerReferences"]],
  ] as const)
    it(`keep their addresses after they were restored from a backup ${how}`, async () => {
      const objects = move(await lose());
      const left = ["uid", "resourceVersion", ...omitted];
      const stripped = (metadata: object) =>
        Object.fromEntries(Object.entries(metadata).filter(([key]) => !left.includes(key)));
      await restore(objects.map((object) => ({ ...object, metadata: stripped(object.metadata) })));
      await expectServed(moved);
    });
});
