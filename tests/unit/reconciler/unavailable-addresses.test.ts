import { expect } from "chai";
import { type ErrorKind, VnicError } from "../../../provider/base/errors.ts";
import { takeOverOlder } from "../../../provider/lifecycle/address/take-over.ts";
import { addressName, addressRecord, type StoredAddress } from "../../../provider/model/address/address.ts";
import { apiVersion, labels } from "../../../provider/model/names.ts";
import type { StoredVnicSet } from "../../../provider/model/vnic-set/record.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { FakeCluster, rejection } from "../../fakes/cluster.ts";
import { containerId, injectResult, storedVnic, uid } from "../../fakes/objects.ts";

describe("a record whose network can't be read", () => {
  const set = {
    ...{ apiVersion, kind: "VnicSet" },
    metadata: { namespace: "web", name: "wires", uid: uid(70), resourceVersion: "1", generation: 1 },
    spec: {
      selector: { app: "web" },
      template: { network: { mode: "macvlan", parent: "eth1" }, interfaceName: "net1" },
    },
  } as StoredVnicSet;
  const attachment = { networkAttachmentDefinition: "shop/lan" };
  const other = storedVnic({ name: "other", addresses: ["192.168.50.11/24"] }, { uid: uid(11) });
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
      const vnics = [storedVnic({ network: attachment }), other];
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
    const vnics = { list: () => [storedVnic({ network: attachment })] };
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
