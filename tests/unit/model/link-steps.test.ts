import { expect } from "chai";
import {
  configureSteps,
  convergeSteps,
  createSteps,
  moveSteps,
  type SizedPlan,
  sysctls,
} from "../../../provider/model/link-steps.ts";
import { linkAlias, transitLinkName } from "../../../provider/model/names.ts";
import type { Interface } from "../../../provider/model/session-protocol.ts";
import { injectPlan as unsizedPlan, liveInterface, uid } from "../../fakes/objects.ts";

const transit = transitLinkName(uid(1));
/** A plan with the MTU decided. */
function injectPlan({ mtu = 1500, ...given }: Partial<SizedPlan> = {}): SizedPlan {
  return { ...unsizedPlan(given), mtu };
}

const both = { addresses: ["192.168.50.10/24", "fd50::10/64"] };

describe("the lines that create a link", () => {
  it("name parent, MAC, MTU and mode, and mark it as ours at once", () =>
    expect(createSteps(injectPlan())).to.deep.equal([
      `link add link eth1 name ${transit} address 02:00:5e:10:00:01 mtu 1500 type macvlan mode bridge`,
      `link set dev ${transit} alias ${linkAlias(uid(1))}`,
    ]));
});

describe("the line that moves a link", () => {
  it("names the pod's network namespace by its path", () =>
    expect(moveSteps(injectPlan(), "/run/netns/cni-1")).to.deep.equal([
      `link set dev ${transit} netns /run/netns/cni-1`,
    ]));
});

describe("the lines that configure a link", () => {
  it("name it, give it its addresses, and only then bring it up", () =>
    expect(configureSteps(injectPlan(both))).to.deep.equal([
      `link set dev ${transit} name net1`,
      "address add 192.168.50.10/24 dev net1",
      "address add fd50::10/64 dev net1 nodad",
      "link set dev net1 up",
    ]));
});

describe("the lines that converge a link", () => {
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
    ["the MTU is another one", { mtu: 1400 }, {}, [mark, "link set dev net1 mtu 1400"]],
    ["the MAC is another one", {}, { mac: "02:00:00:00:00:99" }, [mark, announce]],
    ["it is down", {}, { up: false }, [mark, "link set dev net1 up"]],
    [
      "it still has its transit name and nothing else",
      {},
      { name: transit, addresses: [], up: false },
      [
        `link set dev ${transit} alias ${linkAlias(uid(1))}`,
        `link set dev ${transit} name net1`,
        "address add 192.168.50.10/24 dev net1",
        "link set dev net1 up",
      ],
    ],
  ];
  for (const [when, plan, live, lines] of table)
    it(`are ${lines.length} when ${when}`, () =>
      expect(convergeSteps(injectPlan(plan), liveInterface(live))).to.deep.equal(lines));

  it("never take the link down", () => {
    for (const [, plan, live] of table)
      expect(
        convergeSteps(injectPlan(plan), liveInterface(live)).filter((line) => line.endsWith(" down")),
      ).to.deep.equal([]);
  });
});

describe("the kernel's settings for the NIC", () => {
  it("switch IPv6 off when it has no IPv6 address", () => {
    const settings = sysctls("net1", ["10.0.0.1/8"]);
    expect(settings).to.include("net/ipv6/conf/net1/disable_ipv6=1");
    expect(settings).to.include("net/ipv6/conf/net1/accept_ra=0");
  });
  it("leave IPv6 on without router advertisements when it has one", () => {
    const settings = sysctls("net1", both.addresses);
    expect(settings).to.include.members([
      "net/ipv6/conf/net1/disable_ipv6=0",
      "net/ipv6/conf/net1/accept_ra=0",
      "net/ipv6/conf/net1/autoconf=0",
      "net/ipv6/conf/net1/ndisc_notify=1",
    ]);
  });
  it("concern no other device, even when its name has dots", () => {
    for (const setting of sysctls("lan.5", both.addresses))
      expect(setting).to.match(/^net\/ipv[46]\/conf\/lan\.5\/\w+=\d$/);
  });
});
