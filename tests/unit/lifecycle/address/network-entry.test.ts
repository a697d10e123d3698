import { expect } from "chai";
import { AddressClaim } from "../../../../provider/lifecycle/address/address-claim.ts";
import { freeAddresses } from "../../../../provider/lifecycle/address/claim-addresses.ts";
import { refuseWithoutPlace } from "../../../../provider/lifecycle/address/network-entry.ts";
import { wantedAddressesOf } from "../../../../provider/model/address/address.ts";
import { type Membership, isMemberOf, memberSelector } from "../../../../provider/model/address/membership.ts";
import { messageOf } from "../../../../provider/base/errors.ts";
import { labels } from "../../../../provider/model/names.ts";
import { FakeCluster, rejection } from "../../../fakes/cluster.ts";
import { storedVnic, uid } from "../../../fakes/objects.ts";
import { Orders, type Turns } from "../../../fakes/turns.ts";

const lan: Membership = { namespace: "shop", network: "lan", most: 1 };
const wanted = (number: number, membership: Membership | undefined, segments: readonly string[] = ["eth1"]) =>
  wantedAddressesOf({ mac: `02:00:00:00:00:0${number}`, addresses: [] }, segments, membership);

describe("a Vnic's entry into a network", () => {
  const vnic = (cluster: FakeCluster, number: number) => {
    const record = storedVnic({ name: `wire-${number}` }, { uid: uid(10 + number) });
    cluster.store(record);
    return record;
  };
  const claimOf = (cluster: FakeCluster, number: number, membership: Membership | undefined, segments = ["eth1"]) =>
    new AddressClaim(cluster, wanted(number, membership, segments), undefined, membership);
  const members = (cluster: FakeCluster) =>
    new Set(
      [...cluster.addresses.values()].filter((claim) => isMemberOf(claim, "lan")).map(({ spec }) => spec.holder.name),
    );

  const contests: [contenders: number, most: number, segments: string[]][] = [
    [2, 1, ["eth1"]],
    [3, 1, ["eth1"]],
    [3, 2, ["eth1"]],
    [2, 1, ["eth1", "eth2"]],
    [4, 2, ["eth1", "eth2"]],
  ];
  for (const [contenders, most, segments] of contests)
    it(`fills all places and no more, in every order: ${contenders} contenders, ${most} places, ${segments.length} segments`, async () => {
      const story = async (turns: Turns) => {
        const cluster = new FakeCluster();
        const claims = Array.from({ length: contenders }, (_, number) => {
          const { metadata } = vnic(cluster, number);
          return claimOf(turns.of(number, cluster), number, { ...lan, most }, segments).claim(metadata);
        });
        await turns.run(claims);
        const results = await Promise.allSettled(claims);
        const winners = results.flatMap(({ status }, number) => (status === "fulfilled" ? [`wire-${number}`] : []));
        expect(winners).to.have.length(most);
        expect([...members(cluster)].sort()).to.deep.equal(winners);
        expect(Object.values(cluster.holders), "the losers hold nothing").to.have.length(most * segments.length);
        for (const result of results)
          if (result.status === "rejected")
            expect(messageOf(result.reason)).to.include(`may have ${most} Vnics on VnicNetwork lan`);
      };
      // More contenders have too many orders to try all of them.
      await (contenders * segments.length > 2 ? new Orders().some(2000, story) : new Orders().each(story));
    });

  it("never exceeds the number while a member leaves, in every order", async () => {
    await new Orders().some(2000, async (turns) => {
      const cluster = new FakeCluster();
      const [leaving, ...coming] = [0, 1, 2].map((number) => vnic(cluster, number).metadata);
      await claimOf(cluster, 0, lan).claim(leaving!);
      const acts = [
        freeAddresses(turns.of(0, cluster), wanted(0, lan), leaving!.uid),
        ...coming.map((holder, index) => claimOf(turns.of(index + 1, cluster), index + 1, lan).claim(holder)),
      ];
      await turns.run(acts);
      await Promise.allSettled(acts);
      expect(members(cluster).size).to.be.at.most(1);
    });
  });

  describe("in sequence", () => {
    let cluster: FakeCluster;
    beforeEach(() => {
      cluster = new FakeCluster();
    });

    it("is kept without a further request, also when the number is lowered", async () => {
      const { metadata } = vnic(cluster, 1);
      await claimOf(cluster, 1, lan).claim(metadata);
      cluster.calls.length = 0;
      await claimOf(cluster, 1, { ...lan, most: 0 }).claim(metadata);
      expect(cluster.calls.filter((call) => /label|list/.test(call))).to.deep.equal([]);
      await refuseWithoutPlace(cluster, { ...lan, most: 0 }, metadata.uid);
    });

    it("is refused before anything is claimed when all places are taken, and needs no list without a limit", async () => {
      await claimOf(cluster, 1, lan).claim(vnic(cluster, 1).metadata);
      expect((await rejection(refuseWithoutPlace(cluster, lan, undefined))).message).to.match(/^network\.name: .*shop/);
      await refuseWithoutPlace(cluster, { ...lan, namespace: "web" }, undefined);
      cluster.calls.length = 0;
      await claimOf(cluster, 2, { namespace: "shop", network: "lan" }).claim(vnic(cluster, 2).metadata);
      expect(cluster.calls.filter((call) => call.startsWith("list"))).to.deep.equal([]);
      expect(members(cluster).size, "and is a member at once").to.equal(2);
    });

    it("moves a Vnic between networks of one LAN, and is undone if that fails", async () => {
      const { metadata, ...record } = vnic(cluster, 1);
      await claimOf(cluster, 1, { namespace: "shop", network: "former" }).claim(metadata);
      const on = async (network: string) => (await cluster.listAddresses(memberSelector(network, "shop"))).length;
      const claim = claimOf(cluster, 1, lan);
      await claim.claim(metadata);
      expect([await on("former"), await on("lan")], "on both meanwhile").to.deep.equal([1, 1]);
      await claim.release();
      expect([await on("former"), await on("lan")]).to.deep.equal([1, 0]);
      const again = claimOf(cluster, 1, lan);
      await again.claim(metadata);
      await again.releaseFormer({ ...record, metadata });
      expect([await on("former"), await on("lan")]).to.deep.equal([0, 1]);
      const inline = claimOf(cluster, 1, undefined);
      await inline.claim(metadata);
      await inline.releaseFormer({ ...record, metadata });
      expect(await on("lan"), "an inline network of the same LAN").to.equal(0);
    });

    it("is refused on a claim that the Vnic had before, which it keeps as it was", async () => {
      await claimOf(cluster, 1, lan).claim(vnic(cluster, 1).metadata);
      const { metadata } = vnic(cluster, 2);
      await claimOf(cluster, 2, undefined).claim(metadata);
      await rejection(claimOf(cluster, 2, lan).claim(metadata));
      expect(cluster.holders).to.include({ "eth1 02:00:00:00:00:02": "shop/wire-2" });
      expect([...members(cluster)]).to.deep.equal(["wire-1"]);
      expect(await cluster.listAddresses(memberSelector("lan"))).to.have.length(1);
    });

    it("is finished on a claim that an interrupted attempt has left pending", async () => {
      const { metadata } = vnic(cluster, 1);
      cluster.before("labelAddress", () => {
        throw new Error("interrupted");
      });
      cluster.before("deleteAddress", () => {
        throw new Error("interrupted");
      });
      await claimOf(cluster, 1, lan)
        .claim(metadata)
        .catch(() => undefined);
      expect([...members(cluster)]).to.deep.equal([]);
      await claimOf(cluster, 1, lan).claim(metadata);
      expect([...members(cluster)]).to.deep.equal(["wire-1"]);
    });

    it("is free again when the record of the member is gone, whether or not its claim is", async () => {
      await claimOf(cluster, 1, lan).claim(vnic(cluster, 1).metadata);
      cluster.vnics.delete("shop/wire-1");
      await refuseWithoutPlace(cluster, lan, undefined);
      await claimOf(cluster, 2, lan).claim(vnic(cluster, 2).metadata);
      await rejection(claimOf(cluster, 3, lan).claim(vnic(cluster, 3).metadata));
    });

    it("doesn't pass to the next holder of the MAC", async () => {
      const { metadata } = vnic(cluster, 1);
      await claimOf(cluster, 1, lan).claim(metadata);
      cluster.vnics.clear();
      const next = vnic(cluster, 2).metadata;
      await new AddressClaim(cluster, wanted(1, undefined), undefined).claim(next);
      expect([...members(cluster)]).to.deep.equal([]);
      expect([...cluster.addresses.values()][0]?.metadata.labels).to.not.have.any.keys(labels.namespace);
    });
  });
});
