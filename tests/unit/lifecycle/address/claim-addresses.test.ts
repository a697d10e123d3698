import { expect } from "chai";
import { claimAddresses, freeAddresses } from "../../../../provider/lifecycle/address/claim-addresses.ts";
import { addressRecord, type StoredAddress, type WantedAddress } from "../../../../provider/model/address/address.ts";
import { isVnicError } from "../../../../provider/base/errors.ts";
import { vnicId } from "../../../../provider/model/names.ts";
import { FakeCluster, rejection } from "../../../fakes/cluster.ts";
import { storedVnic, uid } from "../../../fakes/objects.ts";
import { Orders, type Turns } from "../../../fakes/turns.ts";

const ten: WantedAddress = { segment: "eth1", value: "192.168.50.10", property: "addresses[0]" };
const eleven: WantedAddress = { segment: "eth1", value: "192.168.50.11", property: "addresses[1]" };
const names = ["one", "two", "three"];
const versionOf = ({ metadata: { name, uid, resourceVersion } }: StoredAddress) => ({ name, uid, resourceVersion });

describe("claiming addresses", () => {
  /** Stores the records of several Vnics that claim the same addresses; returns their metadata. */
  const contend = (cluster: FakeCluster, count: number) =>
    names.slice(0, count).map((name, index) => {
      const vnic = storedVnic({ name }, { uid: uid(10 + index) });
      cluster.store(vnic);
      return vnic.metadata;
    });

  const wants: [what: string, wanted: WantedAddress[][], gone: boolean][] = [
    ["one address, two contenders", [[ten], [ten]], false],
    [
      "two addresses, two contenders",
      [
        [ten, eleven],
        [eleven, ten],
      ],
      false,
    ],
    ["one address, three contenders", [[ten], [ten], [ten]], false],
    ["the address of a deleted Vnic, two contenders", [[ten], [ten]], true],
    ["the address of a deleted Vnic, three contenders", [[ten], [ten], [ten]], true],
  ];
  for (const [what, wanted, gone] of wants)
    it(`gives one contender everything and the others nothing, in every order: ${what}`, async () => {
      const orders = new Orders();
      // Three takeovers have too many orders to try all of them.
      const runAll = (story: (turns: Turns) => Promise<void>) =>
        gone && wanted.length > 2 ? orders.some(1000, story) : orders.each(story);
      await runAll(async (turns) => {
        const cluster = new FakeCluster();
        const holders = contend(cluster, wanted.length);
        if (gone) await cluster.createAddress(addressRecord(ten, { namespace: "shop", name: "former", uid: uid(9) }));
        const claims = holders.map((holder, index) =>
          claimAddresses(turns.of(index, cluster), wanted[index] ?? [], holder),
        );
        await turns.run(claims);
        const results = await Promise.allSettled(claims);
        const winners = holders.filter((_, index) => results[index]?.status === "fulfilled");
        expect(winners).to.have.length(1);
        const winner = vnicId(winners[0]!);
        for (const holder of Object.values(cluster.holders)) expect(holder).to.equal(winner);
        expect(Object.keys(cluster.holders)).to.have.length(wanted[0]?.length ?? 0);
        for (const result of results)
          if (result.status === "rejected") {
            expect(isVnicError(result.reason, "conflict"), String(result.reason)).to.equal(true);
            expect(String(result.reason)).to.include(`is held by Vnic ${winner} `);
          }
      });
    });

  it("lets at least one of three contenders win, and the losers hold nothing, when each wants an address of the next", async () => {
    const twelve: WantedAddress = { ...ten, value: "192.168.50.12" };
    const wanted = [
      [ten, eleven],
      [eleven, twelve],
      [twelve, ten],
    ];
    await new Orders().some(1000, async (turns) => {
      const cluster = new FakeCluster();
      const holders = contend(cluster, 3);
      const claims = holders.map((holder, index) =>
        claimAddresses(turns.of(index, cluster), wanted[index] ?? [], holder),
      );
      await turns.run(claims);
      const results = await Promise.allSettled(claims);
      const held = Object.values(cluster.holders);
      holders.forEach((holder, index) => {
        const count = held.filter((one) => one === vnicId(holder)).length;
        expect(count).to.equal(results[index]?.status === "fulfilled" ? 2 : 0);
      });
      expect(held.length).to.be.at.least(2);
    });
  });

  for (const [known, how] of [
    [false, "reads and frees"],
    [true, "frees a known version of"],
  ] as const)
    it(`leaves at most one holder while the holder ${how} an address and two others claim it, in every order`, async () => {
      await new Orders().each(async (turns) => {
        const cluster = new FakeCluster();
        const [holder, ...others] = contend(cluster, 3);
        const { all } = await claimAddresses(cluster, [ten], holder!);
        const acts = [
          freeAddresses(turns.of(0, cluster), [ten], holder!.uid, known ? all.map(versionOf) : []),
          ...others.map((other, index) => claimAddresses(turns.of(index + 1, cluster), [ten], other)),
        ];
        await turns.run(acts);
        const [, ...claims] = await Promise.allSettled(acts);
        const winners = others.filter((_, index) => claims[index]?.status === "fulfilled").map(vnicId);
        expect(winners.length).to.be.at.most(1);
        expect(Object.values(cluster.holders)).to.deep.equal(winners);
      });
    });

  describe("in sequence", () => {
    let cluster: FakeCluster;
    beforeEach(() => {
      cluster = new FakeCluster();
    });

    it("is idempotent, and says which addresses are new", async () => {
      const [one] = contend(cluster, 1);
      const values = (claims: readonly StoredAddress[]) => claims.map(({ spec }) => spec.value).sort();
      const first = await claimAddresses(cluster, [ten], one!);
      expect(values(first.gained)).to.deep.equal([ten.value]);
      const second = await claimAddresses(cluster, [ten, eleven], one!);
      expect(values(second.gained)).to.deep.equal([eleven.value]);
      expect(values(second.all)).to.deep.equal([ten.value, eleven.value]);
      expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.10": "shop/one", "eth1 192.168.50.11": "shop/one" });
    });

    it("fails for a later contender, with the property, the holder, its pod and the segment", async () => {
      const [one, two] = contend(cluster, 2);
      await claimAddresses(cluster, [ten], one!);
      expect(await rejection(claimAddresses(cluster, [eleven, { ...ten, property: "addresses[7]" }], two!))).to.include(
        {
          kind: "conflict",
          message:
            "addresses[7]: 192.168.50.10 is held by Vnic shop/one (pod db-0) behind parent eth1; choose another, or free it there by " +
            'a "pulumi up" before this one, as Pulumi creates before it deletes; or give this resource an alias of that one, which is then deleted first',
        },
      );
      expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.10": "shop/one" });
    });

    it("takes over from an earlier record with the same name", async () => {
      const [one, two] = contend(cluster, 2);
      await claimAddresses(cluster, [ten], { ...one!, uid: uid(8) });
      await claimAddresses(cluster, [ten], two!);
      expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.10": "shop/two" });
    });

    it("only reads an address that the Vnic has already, and claims one that it has lost again", async () => {
      const [one] = contend(cluster, 1);
      const first = await claimAddresses(cluster, [ten, eleven], one!);
      const [lost] = first.all;
      cluster.addresses.delete(lost!.metadata.name);
      cluster.calls.length = 0;
      const { all, gained } = await claimAddresses(cluster, [ten, eleven], one!, [ten, eleven]);
      expect(all.map(({ spec }) => spec.value)).to.have.members(["192.168.50.10", "192.168.50.11"]);
      expect(gained.map(({ spec }) => spec.value)).to.deep.equal([lost!.spec.value]);
      expect(cluster.calls.filter((call) => call.startsWith("create"))).to.deep.equal([
        `createAddress ${lost!.spec.value}`,
      ]);
    });

    it("leaves an address to the Vnic that has it now, although it had it before", async () => {
      const [one, two] = contend(cluster, 2);
      await claimAddresses(cluster, [ten], two!);
      expect(await rejection(claimAddresses(cluster, [ten], one!, [ten]))).to.have.property("kind", "conflict");
      expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.10": "shop/two" });
    });

    it("allows the same address to another Vnic on another segment", async () => {
      const [one, two] = contend(cluster, 2);
      await claimAddresses(cluster, [ten], one!);
      await claimAddresses(cluster, [{ ...ten, segment: "eth2" }], two!);
      expect(Object.keys(cluster.holders)).to.have.length(2);
    });

    it("frees an address of a known version without reading it", async () => {
      const [one] = contend(cluster, 1);
      const { all } = await claimAddresses(cluster, [ten, eleven], one!);
      cluster.calls.length = 0;
      await freeAddresses(cluster, [ten, eleven], one!.uid, all.map(versionOf));
      expect(cluster.holders).to.deep.equal({});
      expect(cluster.calls.filter((call) => call.startsWith("findAddress"))).to.deep.equal([]);
    });

    it("doesn't free an address of a known version that has passed to another Vnic since", async () => {
      const [one, two] = contend(cluster, 2);
      const { all } = await claimAddresses(cluster, [ten], one!);
      cluster.vnics.delete("shop/one");
      await claimAddresses(cluster, [ten], two!);
      await freeAddresses(cluster, [ten], one!.uid, all.map(versionOf));
      expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.10": "shop/two" });
    });

    it("frees an address of which another version is known", async () => {
      const [one] = contend(cluster, 1);
      const { all } = await claimAddresses(cluster, [ten], one!);
      const known = all.map((claim) => ({ ...versionOf(claim), resourceVersion: "0" }));
      await freeAddresses(cluster, [ten], one!.uid, known);
      expect(cluster.holders).to.deep.equal({});
    });

    it("doesn't free an address that another Vnic holds", async () => {
      const [one, two] = contend(cluster, 2);
      await claimAddresses(cluster, [ten], one!);
      await freeAddresses(cluster, [ten, eleven], two!.uid);
      expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.10": "shop/one" });
      await freeAddresses(cluster, [ten], one!.uid);
      expect(cluster.holders).to.deep.equal({});
    });
  });
});
