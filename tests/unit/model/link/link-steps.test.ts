import { expect } from "chai";
import {
  addressSteps,
  configureSteps,
  convergeSteps,
  createSteps,
  firstSysctls,
  type ParentLink,
  moveSteps,
  quarantineSteps,
  renameDownSteps,
  renameSteps,
  releaseSteps,
  restoreSteps,
  bringUpSteps,
  moveBackSteps,
  type SizedPlan,
  sysctls,
  tagSteps,
  tagUpSteps,
  upSteps,
} from "../../../../provider/model/link/link-steps.ts";
import { ipv4SizeSteps, settingSteps } from "../../../../provider/model/link/device-settings.ts";
import { hostSideName, linkAlias, transitLinkName, vlanAlias, vlanLinkName } from "../../../../provider/model/names.ts";
import { type Mode, modes } from "../../../../provider/model/network/mode.ts";
import type { Interface } from "../../../../provider/model/wire/session-protocol.ts";
import { injectPlan as unsizedPlan, liveInterface, uid } from "../../../fakes/objects.ts";

const transit = transitLinkName(uid(1));
/** A plan with a resolved MTU. */
function injectPlan({ mtu = 1500, ...given }: Partial<SizedPlan> = {}): SizedPlan {
  return { ...unsizedPlan(given), mtu };
}

const both = { addresses: ["192.168.50.10/24", "fd50::10/64"] };

describe("the commands that create a link", () => {
  const index = 17_000_000;
  const mark = `link set dev ${transit} alias ${linkAlias(uid(1))}`;
  const hostSide = hostSideName(uid(1));
  const former = { name: "eth2", mac: "52:54:00:00:00:02", mtu: 1450, up: true };
  const table: Record<Mode, [parentLink: ParentLink, lines: string[]]> = {
    macvlan: [
      { parent: "eth1" },
      [
        `link add link eth1 name ${transit} index 17000000 address 02:00:5e:10:00:01 mtu 1500 type macvlan mode bridge`,
        `link set dev ${transit} alias ${linkAlias(uid(1))}`,
      ],
    ],
    "macvlan-private": [
      { parent: "eth1" },
      [
        `link add link eth1 name ${transit} index 17000000 address 02:00:5e:10:00:01 mtu 1500 type macvlan mode private`,
        mark,
      ],
    ],
    ipvlan: [
      { parent: "eth1" },
      [`link add link eth1 name ${transit} index 17000000 mtu 1500 type ipvlan mode l2`, mark],
    ],
    bridge: [
      { parent: "br0", mtu: 9000 },
      [
        `link add name ${transit} index 17000000 address 02:00:5e:10:00:01 mtu 1500 type veth peer name ${hostSide} mtu 9000`,
        mark,
        `link set dev ${hostSide} addrgenmode none master br0`,
        `link set dev ${hostSide} type bridge_slave guard on learning off`,
        `link set dev ${hostSide} up`,
      ],
    ],
    "host-device": [
      { parent: "eth2", mtu: 1450, former },
      [
        `link set dev eth2 alias ${linkAlias(uid(1))}`,
        "link set dev eth2 down",
        `link set dev eth2 name ${transit} address 02:00:5e:10:00:01 mtu 1500`,
      ],
    ],
  };
  for (const mode of modes)
    it(`have what mode ${mode} needs, and mark the link as ours`, () => {
      const [parentLink, lines] = table[mode];
      expect(createSteps(injectPlan({ network: { mode, parent: "eth1" } }), parentLink, index)).to.deep.equal(lines);
    });

  for (const mode of modes.filter((one) => one !== "host-device"))
    it(`create the link of mode ${mode} in the pod's network namespace when that is given, without an alias`, () => {
      const [parentLink, [create = "", mark, ...rest]] = table[mode];
      const plan = injectPlan({ network: { mode, parent: "eth1" }, placement: "direct" });
      expect(mark).to.contain(" alias ");
      expect(createSteps(plan, parentLink, index, "/run/netns/cni-1")).to.deep.equal([
        create.replace("index 17000000", "index 17000000 netns /run/netns/cni-1"),
        ...rest,
      ]);
    });

  it("leave the MTU to the kernel when none is given", () =>
    expect(
      createSteps(unsizedPlan({ network: { mode: "ipvlan", parent: "eth1" } }), { parent: "eth1" }, index)[0],
    ).to.equal(`link add link eth1 name ${transit} index 17000000 type ipvlan mode l2`));

  it("create the VLAN's link on its parent, marked as ours", () => {
    const name = vlanLinkName("eth1", 100);
    expect([...tagSteps("eth1", 100), ...tagUpSteps("eth1", 100)]).to.deep.equal([
      `link add link eth1 name ${name} type vlan id 100`,
      `link set dev ${name} alias ${vlanAlias} addrgenmode none up`,
    ]);
  });
});

describe("the commands that return a device", () => {
  const former = { name: "eth2", mac: "52:54:00:00:00:02", mtu: 1450, up: true };
  it("send it to the node under its transit name, in one request", () =>
    expect(moveBackSteps(uid(1), { name: "net1" }, 7)).to.deep.equal([`link set dev net1 name ${transit} netns 7`]));
  it("refer to it by its index, in a form that is longer than any name that a pod can give to another link", () => {
    const [line = ""] = moveBackSteps(uid(1), { name: "net1", index: 12 }, 7);
    expect(line).to.match(new RegExp(`^link set dev if0{128}12 name ${transit} netns 7$`));
  });
  it("leave it down under the plan's name when its former state is unknown", () =>
    expect(quarantineSteps({ name: transit }, "eth2")).to.deep.equal([
      `link set dev ${transit} down`,
      `link set dev ${transit} name eth2`,
      `link set dev eth2 alias ""`,
    ]));
  it("restore its former state on the node, and remove the mark last", () =>
    expect([...restoreSteps(uid(1), { name: transit }, former), ...releaseSteps(former)]).to.deep.equal([
      `link set dev ${transit} alias ${linkAlias(uid(1))} down`,
      `link set dev ${transit} name eth2`,
      "link set dev eth2 address 52:54:00:00:00:02 mtu 1450",
      "link set dev eth2 mode default",
      "link set dev eth2 up",
      `link set dev eth2 alias ""`,
    ]));
});

describe("the commands that restore a device's settings", () => {
  const settings = { arp: true, multicast: true, promisc: false, allmulticast: false };
  it("end with the device's own sizes, and change them before, so that those for IPv4 follow", () => {
    const sizes = (gso_max_size: number) =>
      ipv4SizeSteps("eth2", { ...settings, gso_max_size }).map((line) => line.replace("link set dev eth2 ", ""));
    expect(sizes(65_536)).to.deep.equal(["gso_max_size 65535", "gso_max_size 65536"]);
    expect(sizes(150_000)).to.deep.equal(["gso_max_size 65535", "gso_max_size 65536", "gso_max_size 150000"]);
    expect(sizes(600)).to.deep.equal([]);
  });
  it("change only what the pod has changed", () => {
    expect(settingSteps("eth2", settings, settings)).to.deep.equal([]);
    const live = { ...settings, arp: false, promisc: true, txqueuelen: 5, group: "42" };
    expect(settingSteps("eth2", live, { ...settings, txqueuelen: 1000, group: "default" })).to.deep.equal([
      "link set dev eth2 arp on",
      "link set dev eth2 promisc off",
      "link set dev eth2 txqueuelen 1000",
      "link set dev eth2 group default",
    ]);
    const broadcast = "ff:ff:ff:ff:ff:ff";
    const shown = { ...settings, dynamic: false, trailers: true, broadcast } as const;
    const hidden = {
      ...shown,
      dynamic: true,
      trailers: false,
      broadcast: "02:00:00:00:00:ee",
    } as const;
    expect(settingSteps("eth2", hidden, shown)).to.deep.equal([
      "link set dev eth2 dynamic off",
      "link set dev eth2 trailers on",
      `link set dev eth2 broadcast ${broadcast}`,
    ]);
    expect(settingSteps("eth2", hidden, settings), "what the file of an earlier version doesn't have").to.deep.equal(
      [],
    );
  });
});

describe("the command that moves a link", () => {
  it("names the pod's network namespace by its path", () =>
    expect(moveSteps(injectPlan(), "/run/netns/cni-1")).to.deep.equal([
      `link set dev ${transit} netns /run/netns/cni-1`,
    ]));
});

describe("the commands that configure a link", () => {
  it("set its name and its addresses, and only then bring it up", () =>
    expect(configureSteps(injectPlan(both))).to.deep.equal([
      `link set dev ${transit} name net1`,
      "address add 192.168.50.10/24 dev net1",
      "address add fd50::10/64 dev net1 nodad",
      "link set dev net1 up",
    ]));
});

describe("the commands that configure a link that was created in the pod", () => {
  it("set its alias together with its name", () =>
    expect(configureSteps(injectPlan({ placement: "direct" }))[0]).to.equal(
      `link set dev ${transit} alias ${linkAlias(uid(1))} name net1`,
    ));
});

describe("the commands for a NIC that probes its addresses first", () => {
  it("bring it up without addresses", () =>
    expect(bringUpSteps(injectPlan(both))).to.deep.equal([
      `link set dev ${transit} name net1`,
      "link set dev net1 up",
    ]));
  it("then add the addresses, and have the kernel announce them", () =>
    expect(addressSteps(injectPlan(both))).to.deep.equal([
      "address add 192.168.50.10/24 dev net1",
      "address add fd50::10/64 dev net1 nodad",
      "link set dev net1 address 02:00:5e:10:00:01",
    ]));
  it("announce the addresses in another way when the NIC shares its parent's MAC", () =>
    expect(addressSteps(injectPlan({ network: { mode: "ipvlan", parent: "eth1" } }))).to.deep.equal([
      "link set dev net1 down",
      "address add 192.168.50.10/24 dev net1",
      "link set dev net1 up",
    ]));
});

describe("the commands that converge a link", () => {
  const mark = `link set dev net1 alias ${linkAlias(uid(1))}`;
  const announce = "link set dev net1 address 02:00:5e:10:00:01";
  const table: [when: string, plan: Partial<SizedPlan>, live: Partial<Interface>, lines: string[]][] = [
    ["all is as it should be", {}, {}, [mark]],
    ["an address is missing", both, {}, [mark, "address add fd50::10/64 dev net1 nodad", announce]],
    [
      "an address is too many",
      {},
      { addresses: ["192.168.50.10/24", "10.9.9.9/8"] },
      [mark, "address del 10.9.9.9/8 dev net1"],
    ],
    [
      "an address is another one",
      { addresses: ["192.168.50.11/24"] },
      {},
      [mark, "address add 192.168.50.11/24 dev net1", "address del 192.168.50.10/24 dev net1", announce],
    ],
    [
      "it shall have no IPv6 address any more, which IPv6 itself takes along",
      {},
      { addresses: ["192.168.50.10/24", "fd50::10/64"] },
      [mark],
    ],
    [
      "it shall take announced addresses and has none, so that routers are asked",
      { slaac: true },
      {},
      [mark, "token set ::0000:5eff:fe10:0001 dev net1"],
    ],
    [
      "it shall take announced addresses no more, but has an IPv6 address of its own",
      { addresses: ["fd50::10/64"] },
      { addresses: ["fd50::10/64"], slaacAddresses: ["fd60::5eff:fe10:1/64"] },
      [mark, "address del fd60::5eff:fe10:1/64 dev net1"],
    ],
    ["the MTU is another one", { mtu: 1400 }, {}, [mark, "link set dev net1 mtu 1400"]],
    ["the MAC is another one", {}, { mac: "02:00:00:00:00:99" }, [mark, announce]],
    ["it is down", {}, { up: false }, [mark, "link set dev net1 up"]],
    [
      "it has its name and nothing else",
      {},
      { addresses: [], up: false },
      [mark, "address add 192.168.50.10/24 dev net1", "link set dev net1 up"],
    ],
  ];
  for (const [when, plan, live, lines] of table)
    it(`are ${lines.length} when ${when}`, () =>
      expect(convergeSteps(injectPlan(plan), liveInterface(live))).to.deep.equal(lines));

  it("leave the MAC alone in a mode where the NIC has its own", () => {
    const live = liveInterface({ mac: "52:54:00:00:00:02", addresses: [] });
    const added = "address add 192.168.50.10/24 dev net1";
    expect(convergeSteps(injectPlan({ network: { mode: "ipvlan", parent: "eth1" } }), live)).to.deep.equal([
      mark,
      added,
    ]);
    const device = convergeSteps(injectPlan({ network: { mode: "host-device", parent: "eth2" } }), live);
    expect(device).to.deep.equal([mark, added, announce]);
  });

  it("never take the link down", () => {
    for (const [, plan, live] of table)
      expect(
        convergeSteps(injectPlan(plan), liveInterface(live)).filter((line) => line.endsWith(" down")),
      ).to.deep.equal([]);
  });
});

describe("the commands that rename a link", () => {
  it("leave it up", () =>
    expect(renameSteps(liveInterface({ name: "net1" }), "lan0")).to.deep.equal(["link set dev net1 name lan0"]));
  it("take it down first on a kernel that requires it, and refer to it by its index", () => {
    const [down, renamed] = renameDownSteps({ ...liveInterface({ name: "a b" }), index: 12 }, "lan0");
    expect(down).to.match(/^link set dev if0+12 down$/);
    expect(renamed).to.match(/^link set dev if0+12 name lan0$/);
    expect(upSteps({ ...liveInterface(), index: 12 })[0]).to.match(/^link set dev if0+12 up$/);
  });
});

describe("the kernel's settings for the NIC", () => {
  it("switch IPv6 off when it has no IPv6 address", () => {
    const settings = sysctls("net1", { addresses: ["10.0.0.1/8"] });
    expect(settings).to.include("net/ipv6/conf/net1/disable_ipv6=1");
    expect(settings).to.include("net/ipv6/conf/net1/accept_ra=0");
  });
  it("leave IPv6 on without router advertisements when it has one", () => {
    const settings = sysctls("net1", both);
    expect(settings).to.include.members([
      "net/ipv6/conf/net1/disable_ipv6=0",
      "net/ipv6/conf/net1/accept_ra=0",
      "net/ipv6/conf/net1/autoconf=0",
      "net/ipv6/conf/net1/ndisc_notify=1",
      "net/ipv6/conf/net1/addr_gen_mode=0",
      "net/ipv6/conf/net1/dad_transmits=0",
    ]);
  });
  it("take addresses of router advertisements with SLAAC, and no route", () => {
    const settings = sysctls("net1", { addresses: [], slaac: true });
    expect(settings).to.include.members([
      "net/ipv6/conf/net1/disable_ipv6=0",
      "net/ipv6/conf/net1/accept_ra=2",
      "net/ipv6/conf/net1/accept_ra_defrtr=0",
      "net/ipv6/conf/net1/accept_redirects=0",
    ]);
  });
  it("let an existing NIC forward packets if its pod has chosen that", () => {
    const [first, later] = [firstSysctls, sysctls].map((settings) => settings("net1", both).join(" "));
    expect(first).to.contain("net/ipv4/conf/net1/forwarding=0");
    expect(later).to.not.match(/forwarding|localnet/);
  });
  it("let a new NIC forward packets if its pod's spec says so, but not to the pod's loopback", () => {
    const settings = firstSysctls("net1", both, { forwards: true }).join(" ");
    expect(settings).to.contain("net/ipv4/conf/net1/route_localnet=0").and.not.contain("forwarding");
  });
  it("apply to no other device, even when the name has dots", () => {
    // By the first two, links with settings of their own that say so go on accepting redirects and packets for 127.0.0.0/8.
    const others = [
      "net/ipv4/conf/all/route_localnet=0",
      "net/ipv4/conf/all/accept_redirects=0",
      "net/ipv4/route/min_pmtu=1280",
    ];
    const settings = firstSysctls("lan.5", both);
    expect(settings).to.include.members(others);
    for (const setting of settings)
      if (!others.includes(setting)) expect(setting).to.match(/^net\/ipv[46]\/conf\/lan\.5\/\w+=\d$/);
  });
});
