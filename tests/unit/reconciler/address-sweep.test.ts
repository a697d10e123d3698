import { expect } from "chai";
import { addressName, addressRecord, type StoredAddress } from "../../../provider/model/address/address.ts";
import { writeHeld } from "../../../provider/model/address/held.ts";
import { annotations, vnicId } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import { sweepAddresses } from "../../../provider/reconciler/address-sweep.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
import { containerId, injectResult, liveInterface, storedVnic, uid } from "../../fakes/objects.ts";

describe("the sweep of addresses", () => {
  const [spec, live, former] = ["192.168.50.10", "192.168.50.11", "192.168.50.12"];
  const at = { uid: uid(2), node: "worker-1", containerId };
  const claim = JSON.stringify({ holder: "me", renewed: "2026-11-23T08:00:00Z" });

  /** The record of a realised Vnic, which its tenant has annotated with all three addresses and a claim. */
  const attached = (): StoredVnic => {
    const held = writeHeld([spec, live, former].map((value) => ({ segment: "eth1", value })));
    const record = storedVnic(
      { addresses: [`${spec}/24`] },
      { annotations: { [annotations.held]: held, [annotations.claim]: claim } },
    );
    const result = injectResult({ interface: liveInterface({ addresses: [`${live}/24`] }) });
    return { ...record, status: attachedStatus(record, at, result, new Date()) };
  };

  /** Runs a sweep with that record, which holds all three addresses; returns those that it still holds. */
  async function sweep(record: StoredVnic, age = 3_600_000): Promise<string[]> {
    const cluster = new FakeCluster();
    cluster.store(record);
    const creationTimestamp = new Date(Date.now() - age).toISOString();
    const all = [spec, live, former].map((value): StoredAddress => {
      const { metadata, ...rest } = addressRecord({ segment: "eth1", value, property: "" }, record.metadata);
      return { ...rest, metadata: { ...metadata, uid: uid(60), resourceVersion: "1", creationTimestamp } };
    });
    for (const address of all) cluster.addresses.set(addressName(address.spec), address);
    const logged: unknown[] = [];
    const log = (...words: unknown[]) => void logged.push(words);
    await sweepAddresses(cluster, log, { list: () => all }, { list: () => [record] });
    expect(logged).to.have.length(3 - cluster.addresses.size);
    return [...cluster.addresses.values()].map(({ spec: { value } }) => value);
  }

  it("keeps what a realised Vnic asks for or has, and frees the rest, whatever its annotations say", async () => {
    expect(await sweep(attached())).to.deep.equal([spec, live]);
  });

  it("keeps what a Vnic has, even if its annotation doesn't say so", async () => {
    const record = attached();
    expect(await sweep({ ...record, metadata: { ...record.metadata, annotations: {} } })).to.deep.equal([spec, live]);
  });

  it("keeps what the annotation says until the current spec is realised", async () => {
    const record = attached();
    const changed = { ...record, metadata: { ...record.metadata, generation: 2 } };
    expect(await sweep(changed)).to.deep.equal([spec, live, former]);
  });

  it("keeps new addresses, which their driver may not have written into the record yet", async () => {
    expect(await sweep(attached(), 60_000)).to.deep.equal([spec, live, former]);
  });

  it("frees all addresses of a record that has another UID by now", async () => {
    const record = attached();
    const cluster = new FakeCluster();
    cluster.store({ ...record, metadata: { ...record.metadata, uid: uid(9) } });
    const { metadata, ...rest } = addressRecord({ segment: "eth1", value: spec, property: "" }, record.metadata);
    const address = { ...rest, metadata: { ...metadata, uid: uid(60), resourceVersion: "1" } };
    cluster.addresses.set(addressName(address.spec), address);
    await sweepAddresses(cluster, () => undefined, { list: () => [address] }, { list: () => [] });
    expect([...cluster.addresses.keys()], vnicId(record.metadata)).to.deep.equal([]);
  });
});
