import { expect } from "chai";
import fc from "fast-check";
import { allocate, type Claimant, canKeep } from "../../../../provider/model/vnic-set/allocation.ts";
import { freeSpans, sizeOf } from "../../../../provider/model/schema/range.ts";

const pods = (count: number, name = "web"): Claimant[] =>
  Array.from({ length: count }, (_, index) => ({ pod: `${name}-${index.toString(36)}-x7f` }));
const ordinals = (...numbers: number[]): Claimant[] => numbers.map((ordinal) => ({ pod: `db-${ordinal}`, ordinal }));
const small = [{ cidr: "192.168.50.0/24", from: "192.168.50.10", to: "192.168.50.13" }];

describe("the allocator", () => {
  it("gives 1000 pods the 1000 different addresses of a range, and nothing to one more pod", () => {
    const range = { cidr: "10.0.0.0/22", exclude: ["10.0.0.1-10.0.0.20", "10.0.3.253", "10.0.3.254"] };
    expect(sizeOf(freeSpans(range))).to.equal(1000n);
    const { addresses, waiting } = allocate([range], pods(1001), []);
    expect(new Set([...addresses.values()].flat()).size).to.equal(1000);
    expect(waiting).to.deep.equal([pods(1001)[1000]?.pod]);
  });

  it("gives the pods of a StatefulSet the addresses of their ordinals", () =>
    expect(Object.fromEntries(allocate(small, ordinals(2, 0, 1), []).addresses)).to.deep.equal({
      "db-2": ["192.168.50.12/24"],
      "db-0": ["192.168.50.10/24"],
      "db-1": ["192.168.50.11/24"],
    }));

  it("gives the next free address when the ordinal's is taken, starting over at the end of the range", () => {
    const { addresses } = allocate(small, ordinals(3), ["192.168.50.13/24", "192.168.50.10/16"]);
    expect(addresses.get("db-3")).to.deep.equal(["192.168.50.11/24"]);
  });

  it("gives a returning name its former address, if that is still free", () => {
    const range = [{ cidr: "10.0.0.0/24" }];
    const before = allocate(range, pods(20), []).addresses;
    const [gone] = pods(20);
    const others = [...before].filter(([pod]) => pod !== gone?.pod).flatMap(([, addresses]) => addresses);
    expect(allocate(range, [gone!], others).addresses.get(gone!.pod)).to.deep.equal(before.get(gone!.pod));
  });

  it("gives one address of each range, or none", () => {
    const both = [...small, { cidr: "fd50::/64", from: "fd50::10", to: "fd50::11" }];
    const { addresses, waiting } = allocate(both, ordinals(0, 1, 2), []);
    expect(addresses.get("db-1")).to.deep.equal(["192.168.50.11/24", "fd50::11/64"]);
    expect(waiting).to.deep.equal(["db-2"]);
    expect(allocate(both, ordinals(2), [...addresses.values()].flat().slice(2)).addresses.get("db-2")).to.deep.equal([
      "192.168.50.12/24",
      "fd50::10/64",
    ]);
  });

  it("gives the next freed address to the first pod in the queue", () => {
    const first = allocate(small, ordinals(0, 1, 2, 3, 4, 5), []);
    expect(first.waiting).to.deep.equal(["db-4", "db-5"]);
    const held = [...first.addresses.values()].flat().filter((address) => address !== "192.168.50.12/24");
    const second = allocate(small, ordinals(4, 5), held);
    expect(Object.fromEntries(second.addresses)).to.deep.equal({ "db-4": ["192.168.50.12/24"] });
    expect(second.waiting).to.deep.equal(["db-5"]);
  });

  it("never gives one address to two pods, whatever pods come and go", () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.boolean())), (steps) => {
        const range = [{ cidr: "10.0.0.0/27" }];
        const held = new Map<string, readonly string[]>();
        for (const [number, comes] of steps) {
          const pod = `pod-${number}`;
          if (!comes) held.delete(pod);
          else if (!held.has(pod)) {
            const given = allocate(range, [{ pod }], [...held.values()].flat()).addresses.get(pod);
            if (given) held.set(pod, given);
            else expect(held.size).to.equal(30);
          }
          expect(new Set([...held.values()].flat()).size).to.equal(held.size);
        }
      }),
    ));

  it("keeps an address that its range still contains, in the order of the ranges and with the prefix length", () => {
    expect(canKeep(small, ["192.168.50.11/24"])).to.equal(true);
    for (const addresses of [[], ["192.168.50.11/16"], ["192.168.50.9/24"], ["192.168.50.11/24", "fd50::1/64"]])
      expect(canKeep(small, addresses), addresses.join(" ")).to.equal(false);
  });
});
