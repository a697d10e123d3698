import { expect } from "chai";
import fc from "fast-check";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import {
  addressAt,
  addressRange,
  type AddressRange,
  freeSpans,
  indexOf,
  sizeOf,
} from "../../../../provider/model/schema/range.ts";

function all(range: AddressRange): string[] {
  const spans = freeSpans(range);
  return Array.from({ length: Number(sizeOf(spans)) }, (_, index) => addressAt(range, spans, BigInt(index)));
}

describe("a range of addresses", () => {
  const cases: [title: string, range: AddressRange, addresses: string[]][] = [
    [
      "doesn't include the network and broadcast addresses",
      { cidr: "10.0.0.0/29" },
      [1, 2, 3, 4, 5, 6].map((n) => `10.0.0.${n}/29`),
    ],
    ["includes both addresses of a /31", { cidr: "10.0.0.0/31" }, ["10.0.0.0/31", "10.0.0.1/31"]],
    ["includes the one address of a /32", { cidr: "10.0.0.7/32" }, ["10.0.0.7/32"]],
    [
      "begins and ends at the given addresses",
      { cidr: "192.168.50.0/24", from: "192.168.50.10", to: "192.168.50.12" },
      ["192.168.50.10/24", "192.168.50.11/24", "192.168.50.12/24"],
    ],
    [
      "excludes addresses, spans and subnets",
      { cidr: "10.0.0.0/28", exclude: ["10.0.0.1", "10.0.0.3-10.0.0.5", "10.0.0.8/29"] },
      ["10.0.0.2/28", "10.0.0.6/28", "10.0.0.7/28"],
    ],
    [
      "never includes the broadcast address, even when it is the given end",
      { cidr: "10.0.0.0/30", from: "10.0.0.2", to: "10.0.0.3" },
      ["10.0.0.2/30"],
    ],
    [
      "may be an IPv6 range",
      { cidr: "fd50::/64", from: "fd50::a", to: "fd50::c", exclude: ["fd50::b"] },
      ["fd50::a/64", "fd50::c/64"],
    ],
  ];
  for (const [title, range, addresses] of cases)
    it(title, () => {
      expect(all(addressRange.parse(range))).to.deep.equal(addresses);
      const spans = freeSpans(range);
      addresses.forEach((address, index) => expect(indexOf(range, spans, address)).to.equal(BigInt(index)));
    });

  it("may be given with a host address, and is stored with the subnet's address", () =>
    expect(addressRange.parse({ cidr: "192.168.50.77/24" })).to.deep.equal({ cidr: "192.168.50.0/24" }));

  it("counts the addresses of an IPv6 subnet without enumerating them", () =>
    expect(sizeOf(freeSpans({ cidr: "fd50::/64", exclude: ["fd50::1-fd50::ffff"] }))).to.equal(2n ** 64n - 2n ** 16n));

  it("doesn't contain excluded addresses, or addresses of the other family", () => {
    const range = { cidr: "10.0.0.0/24", exclude: ["10.0.0.9"] };
    for (const address of ["10.0.0.0/24", "10.0.0.9/24", "10.0.0.255/24", "10.0.1.1/24", "fd50::1/64", "x"])
      expect(indexOf(range, freeSpans(range), address), address).to.equal(undefined);
  });

  it("contains no address that no host can have", () => {
    const range = { cidr: "126.0.0.0/7" };
    const spans = freeSpans(range);
    for (const address of ["126.0.0.0", "127.0.0.1", "127.255.255.255"])
      expect(indexOf(range, spans, address), address).to.equal(undefined);
    expect(addressAt(range, spans, sizeOf(spans) - 1n)).to.equal("126.255.255.255/7");
  });

  it("accepts unknown values", () => {
    const range = { cidr: "10.0.0.0/24", from: unknownValue, exclude: [unknownValue] };
    expect(addressRange.parse(range)).to.deep.equal(range);
  });

  const refused: [range: unknown, rule: RegExp][] = [
    [{ cidr: "10.0.0.0" }, /"10.0.0.0" is not a subnet; write it like "192.168.50.0\/24"/],
    [{ cidr: "10.0.0.0/33" }, /is not a subnet/],
    [{ cidr: "10.0.0.0/24", from: "10.0.1.1" }, /10.0.1.1 is not in 10.0.0.0\/24/],
    [{ cidr: "10.0.0.0/24", to: "fd50::1" }, /fd50::1 is not in 10.0.0.0\/24/],
    [{ cidr: "10.0.0.0/24", from: "x" }, /"x" is not an IP address/],
    [{ cidr: "10.0.0.0/24", from: "10.0.0.9", to: "10.0.0.8" }, /has no host address left between from and to/],
    [{ cidr: "10.0.0.0/24", exclude: ["10.0.0.0/24"] }, /has no host address left/],
    [{ cidr: "240.0.0.0/24" }, /240.0.0.0\/24 has no host address left/],
    [{ cidr: "ff00::/64" }, /has no host address left/],
    [{ cidr: "10.0.0.0/24", exclude: ["10.0.0.9-10.0.0.8"] }, /is no address, span or subnet/],
    [{ cidr: "10.0.0.0/24", exclude: ["10.0.0.1-fd50::1"] }, /is no address, span or subnet/],
    [{ cidr: "10.0.0.0/24", excluded: [] }, /Unrecognized key/],
  ];
  for (const [range, rule] of refused)
    it(`refuses ${JSON.stringify(range)}`, () =>
      expect(addressRange.safeParse(range).error?.issues[0]?.message).to.match(rule));

  it("has each of its addresses once, whatever is excluded", () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }))), (pairs) => {
        const exclude = pairs.map((pair) => `10.0.0.${Math.min(...pair)}-10.0.0.${Math.max(...pair)}`);
        const given = all({ cidr: "10.0.0.0/24", exclude });
        expect(new Set(given).size).to.equal(given.length);
        const left = Array.from({ length: 254 }, (_, index) => index + 1).filter((n) =>
          pairs.every((pair) => n < Math.min(...pair) || n > Math.max(...pair)),
        );
        expect(given).to.deep.equal(left.map((n) => `10.0.0.${n}/24`));
      }),
    ));
});
