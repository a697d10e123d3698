import { expect } from "chai";
import { changeUnlessEdited } from "../../../provider/lifecycle/change-record.ts";
import { annotations, vnicId } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { FakeCluster, rejection } from "../../fakes/cluster.ts";
import { storedVnic, uid } from "../../fakes/objects.ts";

type Edit = (record: StoredVnic) => StoredVnic;

const withMetadata = (record: StoredVnic, metadata: Partial<StoredVnic["metadata"]>): StoredVnic => ({
  ...record,
  metadata: { ...record.metadata, ...metadata },
});
const noted = (record: StoredVnic, more: Record<string, string>): StoredVnic =>
  withMetadata(record, { annotations: { ...record.metadata.annotations, ...more } });

const change = { annotations: { [annotations.node]: "worker-2" } };
const claim = (renewed: string) => ({ annotations: { [annotations.claim]: renewed } });
const id = vnicId(storedVnic().metadata);

describe("a change of a record while others write to it", () => {
  let cluster: FakeCluster;
  let version: number;
  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.store(storedVnic({}, claim("at first")));
    version = 1;
  });

  /** Lets another request be served before each of the next changes. */
  function meanwhile(edit: Edit, times = 1): void {
    for (let time = 0; time < times; time++)
      cluster.before("changeVnic", () => {
        const record = cluster.vnics.get(id)!;
        cluster.store(withMetadata(edit(record), { resourceVersion: String(++version + 100) }));
      });
  }
  const run = () => changeUnlessEdited(cluster, cluster.vnics.get(id)!, change);

  const own: [what: string, edit: Edit][] = [
    ["the claim is renewed", (record) => noted(record, { [annotations.claim]: "later" })],
    ["the status is written", (record) => ({ ...record, status: { conditions: [] } })],
  ];
  for (const [what, edit] of own)
    it(`is made although ${what}, and keeps both`, async () => {
      meanwhile(edit, 5);
      const { metadata } = await run();
      expect(metadata.annotations).to.include({ [annotations.node]: "worker-2" });
      const expected = edit(storedVnic({}, claim("at first")));
      const kept = cluster.vnics.get(id)!;
      expect(kept.metadata.annotations?.[annotations.claim]).to.equal(
        expected.metadata.annotations?.[annotations.claim],
      );
      expect(kept.status).to.deep.equal(expected.status);
    });

  const others: [what: string, edit: Edit][] = [
    [
      "the spec is edited",
      (record) => withMetadata({ ...record, spec: { ...record.spec, mtu: 1400 } }, { generation: 2 }),
    ],
    ["it is marked for deletion", (record) => withMetadata(record, { deletionTimestamp: "2026-11-23T09:00:00Z" })],
    ["somebody adds a label", (record) => withMetadata(record, { labels: { team: "shop" } })],
    ["another driver moves the Vnic", (record) => noted(record, { [annotations.node]: "worker-3" })],
    ["somebody else makes one of that name", (record) => withMetadata(record, { uid: uid(9) })],
  ];
  for (const [what, edit] of others)
    it(`isn't made if ${what}`, async () => {
      meanwhile(edit);
      expect(await rejection(run())).to.have.property("kind", "outdated");
      expect(cluster.vnics.get(id)?.metadata.annotations?.[annotations.node]).to.not.equal("worker-2");
    });

  it("isn't made if the record is gone", async () => {
    cluster.before("changeVnic", () => cluster.vnics.clear());
    expect(await rejection(run())).to.have.property("kind", "outdated");
  });

  it("is given up after ten tries", async () => {
    meanwhile((record) => noted(record, { [annotations.claim]: String(version) }), 10);
    expect(await rejection(run())).to.have.property("kind", "outdated");
  });
});
