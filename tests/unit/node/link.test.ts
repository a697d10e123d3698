import { expect } from "chai";
import { linkAlias, transitLinkName } from "../../../provider/model/names.ts";
import { readLink } from "../../../provider/node/link.ts";
import { ownLink } from "../../../provider/node/own-link.ts";
import { liveInterface, uid } from "../../fakes/objects.ts";

/** Output of `ip -j -d address show`, without fields that aren't read. */
const row = {
  ifname: "net1",
  ifalias: linkAlias(uid(1)),
  flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
  mtu: 1500,
  address: "02:00:5e:10:00:01",
  addr_info: [
    { family: "inet", local: "192.168.50.10", prefixlen: 24, scope: "global" },
    { family: "inet6", local: "fd50::10", prefixlen: 64, scope: "global" },
    { family: "inet6", local: "fe80::5eff:fe10:1", prefixlen: 64, scope: "link" },
  ],
};

describe("a link as ip prints it", () => {
  it("is read without the addresses that the kernel added", () =>
    expect(readLink(row)).to.deep.equal({
      ...liveInterface({ addresses: ["192.168.50.10/24", "fd50::10/64"] }),
      alias: linkAlias(uid(1)),
      carries: true,
      settings: {
        ...{ arp: true, multicast: true, promisc: false, allmulticast: false, dynamic: false, trailers: true },
      },
    }));

  it("has the addresses from router advertisements separate from the others", () => {
    const made = { family: "inet6", local: "fd60::5eff:fe10:1", prefixlen: 64, scope: "global", mngtmpaddr: true };
    const { addresses, slaacAddresses } = readLink({ ...row, addr_info: [...row.addr_info, made] });
    expect(addresses).to.deep.equal(["192.168.50.10/24", "fd50::10/64"]);
    expect(slaacAddresses).to.deep.equal(["fd60::5eff:fe10:1/64"]);
  });

  it("keeps an IPv4 link-local address, which somebody configured", () => {
    const addr_info = [{ family: "inet", local: "169.254.3.4", prefixlen: 16, scope: "link" }];
    expect(readLink({ ...row, addr_info }).addresses).to.deep.equal(["169.254.3.4/16"]);
  });

  it("is down without the flag UP", () => expect(readLink({ ...row, flags: ["BROADCAST"] }).up).to.equal(false));

  it("is recognised as ours by its alias, or by its transit name before it has the alias", () => {
    const links = [readLink({ ifname: "lo" }), readLink(row)];
    expect(ownLink(links, uid(1))?.name).to.equal("net1");
    expect(ownLink(links, uid(2))).to.equal(undefined);
    expect(ownLink([readLink({ ifname: transitLinkName(uid(2)) })], uid(2))?.name).to.equal(transitLinkName(uid(2)));
  });
});
