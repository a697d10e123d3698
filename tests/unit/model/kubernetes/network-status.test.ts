import { expect } from "chai";
import fc from "fast-check";
import {
  entryOf,
  hasEntry,
  type NetworkStatusEntry,
  withEntry,
  withoutEntry,
} from "../../../../provider/model/kubernetes/network-status.ts";

const nic = { name: "net7", mac: "02:00:00:00:00:07", mtu: 1500, addresses: ["192.168.50.7/24"], up: true };
const ours = entryOf("shop/lan", nic);
/** An entry as Multus writes it, with fields that we don't know. */
const pods = {
  name: "cbr0",
  interface: "eth0",
  ips: ["10.1.0.7"],
  default: true,
  dns: {},
  "device-info": { type: "pci" },
};
const read = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as unknown));

describe("the annotation network-status", () => {
  it("gets an entry with the NIC's addresses without prefix lengths", () =>
    expect(entryOf("shop/lan", { ...nic, slaacAddresses: ["fd50::7/64"] })).to.deep.equal({
      name: "shop/lan",
      interface: "net7",
      ips: ["192.168.50.7", "fd50::7"],
      mac: "02:00:00:00:00:07",
      mtu: 1500,
      dns: {},
    }));

  for (const [what, before, after] of [
    ["missing", undefined, [ours]],
    ["empty", "", [ours]],
    ["an empty list", "[]", [ours]],
    ["a list of others", JSON.stringify([pods]), [pods, ours]],
    ["a list with an older entry of the NIC", JSON.stringify([{ ...ours, ips: [] }, pods]), [pods, ours]],
    ["a list with an entry of the NIC in capitals", JSON.stringify([{ ...ours, mac: ours.mac.toUpperCase() }]), [ours]],
    [
      "a list with an entry of another NIC of that name",
      JSON.stringify([{ ...ours, mac: "02:00:00:00:00:08" }]),
      [{ ...ours, mac: "02:00:00:00:00:08" }, ours],
    ],
    ["a list of values that are no entries", '[null, 7, "net7"]', [null, 7, "net7", ours]],
  ] as const)
    it(`gets the entry if it is ${what}`, () => expect(read(withEntry(before, ours))).to.deep.equal(after));

  it("loses the former entry of a NIC with a new name", () => {
    const former = { interface: "net6", mac: ours.mac };
    expect(read(withEntry(JSON.stringify([pods, { ...ours, ...former }]), ours, [former]))).to.deep.equal([pods, ours]);
  });

  it("keeps its text if it has the entry already", () => {
    const text = ` [${JSON.stringify(ours)}] `;
    expect(withEntry(text, ours)).to.equal(text);
  });

  // With indentation, a text that is nested 3000 times has 36 million characters.
  for (const text of ["{}", "null", "[", "lan", "[".repeat(3000) + "]".repeat(3000)])
    it(`is left as it is, with an error, if it is ${text.slice(0, 10)}`, () => {
      expect(() => withEntry(text, ours)).to.throw(/its value is not a JSON list/);
      expect(withoutEntry(text, ours)).to.equal(text);
      expect(hasEntry(text, ours)).to.equal(false);
    });

  it("is removed with its last entry, and not touched if it has none of the NIC", () => {
    expect(withoutEntry(JSON.stringify([ours]), ours)).to.equal(undefined);
    expect(withoutEntry(undefined, ours)).to.equal(undefined);
    const others = JSON.stringify([pods]);
    expect(withoutEntry(others, ours)).to.equal(others);
    expect(read(withoutEntry(JSON.stringify([ours, pods]), ours))).to.deep.equal([pods]);
  });

  it("keeps the entries of others, in their order, whatever they are", () => {
    const others = fc.array(
      fc.jsonValue().filter((value) => (value as Partial<NetworkStatusEntry> | null)?.interface !== ours.interface),
    );
    fc.assert(
      fc.property(others, fc.nat(), (list, at) => {
        const kept = JSON.parse(JSON.stringify(list)) as unknown[];
        const mixed: unknown[] = [...list];
        mixed.splice(at % (list.length + 1), 0, { ...ours, mtu: 9000 });
        const written = withEntry(JSON.stringify(mixed), ours);
        expect(read(written)).to.deep.equal([...kept, ours]);
        expect(hasEntry(written, ours)).to.equal(true);
        expect(read(withoutEntry(written, ours)) ?? []).to.deep.equal(kept);
      }),
    );
  });
});
