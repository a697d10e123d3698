import { expect } from "chai";
import fc from "fast-check";
import { definitionOf, schemaVersion, withoutUndefined } from "../../../../provider/model/vnic/state.ts";
import { association, definition, liveInterface, stateWith, uid } from "../../../fakes/objects.ts";

const made = { uid: uid(1), node: "worker-1", podUid: uid(2), providerVersion: "0.1.0" };

/** Paths of values that Pulumi can't serialise. */
function unstorable(value: unknown, path = ""): string[] {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return [];
  if (typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, item]) => unstorable(item, `${path}.${key}`));
}

describe("state", () => {
  it("has the definition and the results", () => {
    expect(
      stateWith(definition({ mtu: 9000 }), { ...made, association: association(), interface: liveInterface() }),
    ).to.deep.equal({
      ...definition({ mtu: 9000 }),
      schemaVersion,
      providerVersion: "0.1.0",
      uid: uid(1),
      node: "worker-1",
      podUid: uid(2),
      sandboxId: association().sandboxId,
      interface: liveInterface(),
    });
  });

  it("has no key for missing results", () => {
    const state = stateWith(definition(), made);
    expect(state).to.not.have.any.keys("sandboxId", "interface", "mtu");
    expect(unstorable(state)).to.deep.equal([]);
  });

  it("is converted back to its definition", () => {
    for (const one of [definition(), definition({ mtu: 9000 })])
      expect(
        definitionOf(stateWith(one, { ...made, association: association(), interface: liveInterface() })),
      ).to.deep.equal(one);
  });
});

describe("a copy without undefined", () => {
  const storable = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null), fc.constant(undefined)),
    node: fc.oneof({ depthSize: "small" }, tie("leaf"), fc.array(tie("node")), fc.dictionary(fc.string(), tie("node"))),
  })).node;

  it("24: has no undefined at any depth, and keeps everything else", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), storable), (value) => {
        const copy = withoutUndefined(value);
        expect(unstorable(copy)).to.deep.equal([]);
        // JSON drops undefined keys and replaces undefined items by null in the same way.
        expect(JSON.stringify(copy)).to.equal(JSON.stringify(value));
      }),
    );
  });

  it("keeps the positions of a list: an undefined item becomes null", () =>
    expect(withoutUndefined([1, undefined, 3])).to.deep.equal([1, null, 3]));

  const wrong: [what: string, value: unknown, path: string][] = [
    ["a Date", { made: { at: new Date() } }, "outputs.made.at is a object"],
    ["a Map", { list: [new Map()] }, "outputs.list[0] is a object"],
    ["a function", { call: () => 1 }, "outputs.call is a function"],
    ["a bigint", { inode: 1n }, "outputs.inode is a bigint"],
    ["a symbol", { mark: Symbol("x") }, "outputs.mark is a symbol"],
    ["nothing at all", undefined, "outputs is a undefined"],
  ];
  for (const [what, value, path] of wrong)
    it(`is refused, with the path, when there is ${what}`, () =>
      expect(() => withoutUndefined(value)).to.throw(TypeError, `${path}, which can't be stored in state`));
});
