import { expect } from "chai";
import { annotations, finalizer, labels } from "../../../../provider/model/names.ts";
import { ownerOf } from "../../../../provider/model/kubernetes/record.ts";
import { placementChange, placementOf, recordOf, toReapply } from "../../../../provider/model/vnic/record.ts";
import { wantedAddressesOf } from "../../../../provider/model/address/address.ts";
import { writeHeld } from "../../../../provider/model/address/held.ts";
import { definition, storedVnic, uid, urn } from "../../../fakes/objects.ts";

const held = writeHeld(wantedAddressesOf(definition(), ["eth1"]));
const at = { node: "worker-1", uid: uid(2), held };

describe("a record", () => {
  it("has finalizer, node, pod and owner in its metadata from the first write on", () => {
    const { metadata } = recordOf(definition(), at);
    expect(metadata).to.deep.include({ namespace: "shop", name: "db-wire", finalizers: [finalizer] });
    expect(metadata.annotations).to.deep.equal({
      [annotations.node]: "worker-1",
      [annotations.podUid]: uid(2),
      [annotations.held]: held,
      [annotations.owner]: urn,
    });
  });

  it("holds the definition without what only Pulumi needs", () => {
    expect(recordOf(definition({ mtu: 9000 }), at).spec).to.deep.equal({
      pod: { name: "db-0" },
      network: { mode: "macvlan", parent: "eth1" },
      addresses: ["192.168.50.10/24"],
      mac: "02:00:5e:10:00:01",
      interfaceName: "net1",
      mtu: 9000,
    });
  });

  it("has neither an MTU nor an owner when none is given", () => {
    const { declaredBy: _, ...undeclared } = definition();
    const record = recordOf(undeclared, at);
    expect(record.spec).to.not.have.property("mtu");
    expect(record.metadata.annotations).to.not.have.property(annotations.owner);
    expect(ownerOf(record)).to.equal(undefined);
  });

  it("loses the labels that older versions used to find an address's holder", () => {
    const former = { [labels.mac]: "00", [`${labels.address}01`]: "", "team.example/cost": "7" };
    const record = storedVnic({}, { labels: { ...storedVnic().metadata.labels, ...former } });
    expect(placementChange(record, definition(), at)?.labels).to.deep.include({
      [labels.mac]: null,
      [`${labels.address}01`]: null,
    });
    expect(placementChange(storedVnic(), definition(), at)).to.equal(undefined);
  });

  it("loses the label of a network that its Vnic isn't on any more", () => {
    const onLan = storedVnic({ network: { name: "lan" } });
    const staying = placementChange(onLan, definition({ network: { name: "lan" } }), at);
    expect(staying?.labels?.[labels.network]).to.not.equal(null);
    expect(placementChange(onLan, definition(), at)?.labels).to.deep.include({ [labels.network]: null });
  });

  it("gives the Vnic's placement only when both node and pod are known", () => {
    expect(placementOf(storedVnic())).to.deep.equal({ node: "worker-1", podUid: uid(2) });
    expect(placementOf(storedVnic({}, { annotations: { [annotations.node]: "worker-1" } }))).to.equal(undefined);
    expect(placementOf(storedVnic({}, { annotations: {} }))).to.equal(undefined);
  });

  it("is applied again with only our own metadata and spec", () => {
    const stored = storedVnic(
      {},
      {
        labels: { ...storedVnic().metadata.labels, "team.example/cost": "7" },
        annotations: { ...storedVnic().metadata.annotations, "kubectl.kubernetes.io/note": "x" },
      },
    );
    expect(toReapply(stored)).to.deep.equal(recordOf(definition(), at));
  });
});
