import { expect } from "chai";
import { linkAlias, transitLinkName } from "../../../provider/model/names.ts";
import type { Former, ResourceFile } from "../../../provider/model/wire/resource-file.ts";
import { findReturned } from "../../../provider/node/device.ts";
import type { Link } from "../../../provider/node/link.ts";
import { association, injectPlan, uid } from "../../fakes/objects.ts";

const { vnic, pod: _, ...definition } = injectPlan();
const mac = (last: number) => `52:54:00:00:00:0${last}`;
const link = (name: string, more: Partial<Link> = {}): Link => ({
  ...{ name, mac: mac(1), mtu: 1500, addresses: [], up: true },
  ...more,
});
const fileWith = (former: Former): ResourceFile => ({
  ...{ schemaVersion: 2, step: "attached", vnic, definition, association: association(), updatedAt: "" },
  link: { former },
});
const returned = (former: Former, ...links: Link[]) => findReturned(links, fileWith(former))?.name;

describe("a device that has come back to the node", () => {
  const port: Former = { name: "eth5", mac: mac(5), mtu: 1500, up: true, bus: "0000:03:00.0" };
  const bus = port.bus!;

  it("is found by its hardware, whatever the pod has named it", () =>
    expect(returned(port, link("lo"), link("mine", { bus }))).to.equal("mine"));

  it("isn't another port of its card", () => {
    const former = { ...port, permanentMac: mac(5), siblings: ["eth6"] };
    expect(returned(former, link("eth6", { bus }))).to.equal(undefined);
    expect(returned(former, link("new0", { bus, permanentMac: mac(6) }))).to.equal(undefined);
    expect(returned(former, link("eth6", { bus }), link("mine", { bus, permanentMac: mac(5) }))).to.equal("mine");
  });

  for (const kind of ["vlan", "macvlan", "dummy", "veth"])
    it(`isn't another link of kind ${kind}, and is found by its transit name or its mark`, () => {
      const own = kind === "veth" ? { kind, peerIndex: 7, peerNetns: 2 } : { kind };
      const former: Former = { name: "lan7", mac: mac(7), mtu: 1500, up: true, ...own };
      expect(returned(former, link("other", own))).to.equal(undefined);
      expect(returned(former, link("other", own), link(transitLinkName(vnic.uid), own))).to.equal(
        transitLinkName(vnic.uid),
      );
      const half = link("lan7", { ...own, mac: mac(7), alias: linkAlias(uid(1)) });
      expect(returned(former, link("other", own), half)).to.equal("lan7");
    });

  it("is found although it looks as before, when the pod has left a setting or a program on it", () => {
    const settings = { arp: true, multicast: true, promisc: false, allmulticast: false } as const;
    const former = { ...port, settings };
    const asBefore = { bus, mac: mac(5), settings };
    expect(returned(former, link("eth5", asBefore))).to.equal(undefined);
    expect(returned(former, link("eth5", { ...asBefore, settings: { ...settings, arp: false } }))).to.equal("eth5");
    expect(returned(former, link("eth5", { ...asBefore, hasProgram: true }))).to.equal("eth5");
  });

  it("needs nothing more when it is as before", () =>
    expect(returned(port, link("eth5", { bus, mac: mac(5) }))).to.equal(undefined));
});
