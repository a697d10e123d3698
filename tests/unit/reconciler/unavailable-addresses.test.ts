import { expect } from "chai";
import { type ErrorKind, VnicError } from "../../../provider/base/errors.ts";
import { takeOverOlder } from "../../../provider/lifecycle/address/take-over.ts";
import { addressName, addressRecord, type StoredAddress } from "../../../provider/model/address/address.ts";
import { apiVersion, labels } from "../../../provider/model/names.ts";
import type { StoredVnicSet } from "../../../provider/model/vnic-set/record.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { attachedStatus, failedStatus } from "../../../provider/model/vnic/status.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { FakeCluster, rejection } from "../../fakes/cluster.ts";
import { containerId, injectResult, storedVnic, uid } from "../../fakes/objects.ts";

const set = {
  ...{ apiVersion, kind: "VnicSet" },
  metadata: { namespace: "web", name: "wires", uid: uid(70), resourceVersion: "1", generation: 1 },
  spec: {
    selector: { app: "web" },
    template: { network: { mode: "macvlan", parent: "eth1" }, interfaceName: "net1" },
  },
} as StoredVnicSet;

/** A record that a VnicSet of another namespace has made. */
function member(...[given, metadata]: Parameters<typeof storedVnic>): StoredVnic {
  return storedVnic(given, { labels: { [labels.set]: "wires" }, ...metadata });
}

describe("the addresses that a VnicSet can't allocate", () => {
  const record = (namespace: string, number: number, network: object = { mode: "macvlan", parent: "eth1" }) => {
    const { metadata, ...rest } = storedVnic({ name: `v${number}`, addresses: [`192.168.50.${number}/24`] });
    const spec = { ...rest.spec, network };
    return { ...rest, spec, metadata: { ...metadata, namespace, uid: uid(number) } } as StoredVnic;
  };
  const among = (vnics: readonly StoredVnic[], addresses: readonly StoredAddress[] = []) =>
    new UnavailableAddresses({ list: () => addresses }, { list: () => vnics });
  const cluster = () => new FakeCluster();

  it("include those of its own namespace's records, and none for which records of others merely ask", async () => {
    const vnics = [record("web", 10), record("shop", 11), record("bank", 12)];
    expect(await among(vnics).outsideOf(cluster(), set)).to.deep.equal(["192.168.50.10"]);
  });

  it("include those that Vnics of other namespaces hold, whatever their records ask for", async () => {
    const holder = { namespace: "shop", name: "v11", uid: uid(11) };
    const held = addressRecord({ segment: "eth1", value: "192.168.50.99", property: "" }, holder);
    expect(await among([record("shop", 11)], [held as StoredAddress]).outsideOf(cluster(), set)).to.deep.equal([
      "192.168.50.99",
    ]);
  });

  it("include those that other VnicSets have allocated, until their Vnics were tried", async () => {
    const fresh = member({ addresses: ["192.168.50.11/24"] });
    const status = failedStatus(fresh, { reason: "Refused", message: "", attached: false }, new Date());
    expect(await among([fresh]).outsideOf(cluster(), set)).to.deep.equal(["192.168.50.11"]);
    expect(await among([{ ...fresh, status }]).outsideOf(cluster(), set)).to.deep.equal([]);
  });

  it("are found with few reads, however many networks the records of its own and of other namespaces name", async () => {
    const reads = cluster();
    const vnics = Array.from({ length: 2000 }, (_, at) =>
      record(at < 1000 ? "web" : "shop", at + 1, { networkAttachmentDefinition: `n${at}` }),
    );
    await among(vnics).outsideOf(reads, set);
    expect(reads.calls.length).to.be.at.most(64);
  });

  it("include those of plans that are just being made, in whatever order their records appear", async () => {
    const vnics: StoredVnic[] = [];
    const unavailable = among(vnics);
    const seen: (readonly string[])[] = [];
    const plan = (namespace: string, number: number) =>
      unavailable.plan(cluster(), { ...set, metadata: { ...set.metadata, namespace, uid: uid(number) } }, (others) => {
        seen.push([...others]);
        const { metadata, ...made } = record(namespace, number);
        return { apply: [{ ...made, metadata: { ...metadata, labels: { [labels.set]: "wires" } } }] };
      });
    await Promise.all([plan("shop", 21), plan("bank", 22), plan("web", 23)]);
    expect(seen).to.deep.equal([[], ["192.168.50.21"], ["192.168.50.21", "192.168.50.22"]]);
    // A former version of the record, with another address, doesn't make the planned address free.
    vnics.push({ ...record("shop", 20), metadata: record("shop", 21).metadata });
    await plan("web", 24);
    expect(seen.at(-1)).to.include("192.168.50.21");
  });
});

describe("a record whose network can't be read", () => {
  const attachment = { networkAttachmentDefinition: "shop/lan" };
  const other = member({ name: "other", addresses: ["192.168.50.11/24"] }, { uid: uid(11) });
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
  });
  const fail = (kind: ErrorKind) => cluster.failNext("findAttachmentDefinition", new VnicError(kind, "reading it"));
  const ofOlderVersion = (record: ReturnType<typeof storedVnic>) => {
    const at = { uid: uid(2), node: "worker-1", containerId };
    const status = attachedStatus(record, at, injectResult(), new Date());
    cluster.store({ ...record, status, metadata: { ...record.metadata, labels: { [labels.mac]: "x" } } });
  };

  for (const kind of ["forbidden", "failed", "refused", "notInstalled"] as const) {
    it(`because it is ${kind} doesn't stop the VnicSets of other namespaces`, async () => {
      const vnics = [member({ network: attachment }), other];
      fail(kind);
      const unavailable = new UnavailableAddresses({ list: () => [] }, { list: () => vnics });
      expect(await unavailable.outsideOf(cluster, set)).to.deep.equal(["192.168.50.11"]);
    });

    it(`because it is ${kind} doesn't stop the takeover of other records`, async () => {
      ofOlderVersion(storedVnic({ network: attachment }));
      ofOlderVersion(other);
      fail(kind);
      await takeOverOlder(cluster);
      expect(Object.values(cluster.holders)).to.include("shop/other");
    });
  }

  it("because the API server doesn't answer is read again later", async () => {
    fail("unreachable");
    const vnics = { list: () => [member({ network: attachment })] };
    await rejection(new UnavailableAddresses({ list: () => [] }, vnics).outsideOf(cluster, set));
    ofOlderVersion(storedVnic({ network: attachment }));
    fail("unreachable");
    await rejection(takeOverOlder(cluster));
    await takeOverOlder(cluster);
  });
});

describe("an address that a VnicSet can't allocate", () => {
  const parent = "52:54:00:00:00:11";
  const set = {
    ...{ apiVersion, kind: "VnicSet" },
    metadata: { namespace: "shop", name: "wires", uid: uid(70), resourceVersion: "1", generation: 1 },
    spec: { selector: { app: "web" }, template: { network: { mode: "macvlan", parent }, interfaceName: "net1" } },
  } as StoredVnicSet;
  const stored = storedVnic({ name: "wires-1", network: { mode: "macvlan", parent } }, { uid: uid(12) });
  const owner = { apiVersion, kind: "VnicSet", name: "wires", uid: uid(70) };
  const metadata = { ...stored.metadata, labels: { [labels.set]: "wires" }, ownerReferences: [owner] };
  const claim = (segment: string, value: string, name: string, holder: string): StoredAddress => ({
    ...addressRecord({ segment, value, property: "" }, { namespace: "shop", name, uid: holder }),
    metadata: { name: addressName({ segment, value }), uid: uid(90), resourceVersion: "1" },
  });

  it("is also one that another Vnic holds under the node's name of the network, by which the set's own hold theirs", async () => {
    const own = [parent, "eth1"].map((segment) => claim(segment, "192.168.50.21", "wires-1", uid(12)));
    const others = [claim("eth1", "192.168.50.22", "other", uid(13)), claim("eth2", "192.168.50.23", "third", uid(14))];
    const unavailable = new UnavailableAddresses(
      { list: () => [...own, ...others] },
      { list: () => [{ ...stored, metadata }] },
    );
    expect(await unavailable.outsideOf(new FakeCluster(), set)).to.deep.equal(["192.168.50.22"]);
  });
});
