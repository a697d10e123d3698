import { expect } from "chai";
import { WatchedIndex } from "../../../provider/reconciler/watched-index.ts";
import { FakeWatched } from "../../fakes/watched.ts";

const thing = (name: string, key: string) => ({ metadata: { namespace: "shop", name }, key });
type Thing = ReturnType<typeof thing>;

describe("an index of watched objects", () => {
  let things: FakeWatched<Thing>;
  let index: WatchedIndex<Thing>;
  beforeEach(() => {
    things = new FakeWatched(thing("a", "x"), thing("b", "x"));
    index = new WatchedIndex(things, {
      idOf: ({ metadata }) => metadata.name,
      keysOf: ({ key }) => key.split(" ").filter(Boolean),
    });
  });
  const under = (key: string) => [...index.of(key).keys()];

  it("has the objects that were there at first, and those that came later", () => {
    things.put(thing("c", "y"));
    expect([under("x"), under("y"), under("z")]).to.deep.equal([["a", "b"], ["c"], []]);
  });

  it("has an object under its new key alone when its key changes", () => {
    things.put(thing("a", "y"));
    expect([under("x"), under("y")]).to.deep.equal([["b"], ["a"]]);
  });

  it("has an object under each of its keys, as it is now, and under none if it has none", () => {
    things.put(thing("c", "y z"));
    expect([under("y"), under("z")]).to.deep.equal([["c"], ["c"]]);
    things.put(thing("c", "z"));
    expect([under("y"), [...index.of("z").values()]]).to.deep.equal([[], [thing("c", "z")]]);
    things.put(thing("c", ""));
    expect(under("z")).to.deep.equal([]);
  });

  it("doesn't have an object that is gone, until there is another of its name", () => {
    things.remove(thing("a", "x"));
    expect(under("x")).to.deep.equal(["b"]);
    things.put(thing("a", "x"));
    expect(under("x")).to.deep.equal(["b", "a"]);
  });
});
