import { expect } from "chai";
import type { Definition } from "../../../../provider/model/vnic/definition.ts";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { difference } from "../../../../provider/model/vnic/diff.ts";
import { attachedState, definition } from "../../../fakes/objects.ts";

const applied = attachedState();

const table: [what: string, change: Partial<Definition>, update: string[], replace: string[]][] = [
  ["nothing at all", {}, [], []],
  ["the owner", { declaredBy: "urn:pulumi:other" }, [], []],
  ["an address", { addresses: ["192.168.50.11/24"] }, ["addresses"], []],
  ["the order of addresses", { addresses: ["192.168.50.10/24", "fd50::10/64"] }, ["addresses"], []],
  ["the MTU", { mtu: 9000 }, ["mtu"], []],
  ["the placement", { placement: "direct" }, ["placement"], []],
  ["a deadline", { deadlines: { createSeconds: 5, updateSeconds: 2, deleteSeconds: 2 } }, ["deadlines"], []],
  ["a label", { labels: { team: "shop" } }, ["labels"], []],
  ["the kind of adoption", { adopt: true }, [], []],
  ["the Vnic's name", { name: "other" }, [], ["name"]],
  ["the pod", { pod: { namespace: "shop", name: "db-1" } }, [], ["pod"]],
  ["the parent", { network: { mode: "macvlan", parent: "eth2" } }, [], ["network"]],
  ["the MAC", { mac: "02:00:5e:10:00:02" }, [], ["mac"]],
  ["the interface name", { interfaceName: "net2" }, ["interfaceName"], []],
  ["an address and the MAC", { addresses: ["10.0.0.1/8"], mac: "02:00:5e:10:00:02" }, ["addresses"], ["mac"]],
  ["addresses to unknown values", { addresses: unknownValue as never }, ["addresses"], []],
];

describe("the difference of two definitions", () => {
  for (const [what, change, update, replace] of table)
    it(`is ${JSON.stringify({ update, replace })} for a change of ${what}`, () =>
      expect(difference(applied, definition(change))).to.deep.equal({ update, replace }));

  it("has the MTU when an MTU is no longer given", () =>
    expect(difference({ ...applied, mtu: 9000 }, definition()).update).to.deep.equal(["mtu"]));
});
