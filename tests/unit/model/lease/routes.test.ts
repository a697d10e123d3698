import { expect } from "chai";
import fc from "fast-check";
import { withLease } from "../../../../provider/model/link/leased-plan.ts";
import { leaseRoute, readLeasedRoutes, type RoutesAsked } from "../../../../provider/model/lease/routes.ts";
import { wantedEntries } from "../../../../provider/model/link/routing.ts";
import { injectPlan } from "../../../fakes/objects.ts";

const address = "192.168.60.50/24";
const others = ["10.214.1.5/24", "fd00::5/64"];
const except = ["10.96.0.0/16", "fd99::/64"];
const all: RoutesAsked = { routes: true, defaultRoute: { except } };
const read = (given: { staticroutes?: string; router?: string }, asked: RoutesAsked = all) =>
  readLeasedRoutes(given, asked, address, others);

describe("the routes of a DHCP server", () => {
  const taken: [what: string, given: { staticroutes?: string; router?: string }, asked: RoutesAsked, led: object][] = [
    ["none when none are requested", { staticroutes: "172.16.0.0/12 192.168.60.1", router: "192.168.60.1" }, {}, {}],
    ["none when the server sends none", {}, all, {}],
    [
      "networks behind a router, and networks on the link itself",
      { staticroutes: "172.16.0.0/12 192.168.60.1 192.168.61.0/24 0.0.0.0" },
      { routes: true },
      { routes: [{ to: "172.16.0.0/12", via: "192.168.60.1" }, { to: "192.168.61.0/24" }] },
    ],
    [
      "a default route over the router when one is requested",
      { router: "192.168.60.1 192.168.60.2" },
      all,
      { router: "192.168.60.1" },
    ],
    [
      "the first of several to one destination, and none to the network itself, which the NIC has already",
      {
        staticroutes:
          "192.168.60.0/24 0.0.0.0 172.16.0.0/12 192.168.60.1 172.16.0.0/12 192.168.60.2 192.168.60.0/24 192.168.60.1",
      },
      { routes: true },
      { routes: [{ to: "172.16.0.0/12", via: "192.168.60.1" }] },
    ],
    ["none over the router when no default route is requested", { router: "192.168.60.1" }, { routes: true }, {}],
    [
      "without a classless default route when none is requested",
      { staticroutes: "0.0.0.0/0 192.168.60.1 172.16.0.0/12 192.168.60.1" },
      { routes: true },
      { routes: [{ to: "172.16.0.0/12", via: "192.168.60.1" }] },
    ],
    [
      "a classless default route rather than the router option (RFC 3442)",
      { staticroutes: "0.0.0.0/0 192.168.60.2", router: "192.168.60.1" },
      all,
      { router: "192.168.60.2" },
    ],
    [
      "classless routes without the router option (RFC 3442)",
      { staticroutes: "172.16.0.0/12 192.168.60.1", router: "192.168.60.1" },
      all,
      { routes: [{ to: "172.16.0.0/12", via: "192.168.60.1" }] },
    ],
  ];
  for (const [what, given, asked, led] of taken) it(`are ${what}`, () => expect(read(given, asked)).to.deep.equal(led));

  const refused: [what: string, given: { staticroutes?: string; router?: string }, why: RegExp][] = [
    ["two halves of all destinations", { staticroutes: "0.0.0.0/1 192.168.60.1" }, /network of 1 bits would draw/],
    ["the pod's own network", { staticroutes: "10.214.0.0/16 192.168.60.1" }, /draw traffic to 10\.214\.1\.5\/24/],
    [
      "one of the cluster's networks",
      { staticroutes: "10.96.0.0/12 192.168.60.1" },
      /draw traffic to 10\.96\.0\.0\/16/,
    ],
    [
      "a part of the pod's own network",
      { staticroutes: "10.214.1.128/25 192.168.60.1" },
      /draw traffic to 10\.214\.1\.5/,
    ],
    ["the pod's own router", { staticroutes: "10.214.1.1/32 192.168.60.1" }, /draw traffic to 10\.214\.1\.5\/24/],
    ["a service of the cluster", { staticroutes: "10.96.0.1/32 192.168.60.1" }, /draw traffic to 10\.96\.0\.0\/16/],
    ["the loopback", { staticroutes: "127.0.0.0/8 192.168.60.1" }, /route "127\.0\.0\.0\/8": is no network of hosts/],
    [
      "the subnet's broadcast address as router",
      { staticroutes: "172.16.0.0/12 192.168.60.255" },
      /its router 192\.168\.60\.255 is no host of the subnet/,
    ],
    ["the subnet itself as router", { router: "192.168.60.0" }, /default route: its router 192\.168\.60\.0 is no host/],
    ["a router elsewhere", { staticroutes: "172.16.0.0/12 8.8.8.8" }, /8\.8\.8\.8 is not in the subnet/],
    ["the Vnic itself as router", { staticroutes: "172.16.0.0/12 192.168.60.50" }, /is the leased address itself/],
    ["a default router elsewhere", { router: "8.8.8.8" }, /default route: its router 8\.8\.8\.8/],
    ["an incomplete pair", { staticroutes: "172.16.0.0/12" }, /are not pairs/],
    ["a command in place of an address", { staticroutes: "$(id) `id`" }, /route "\$\(id\)": is not an IPv4 network/],
    ["too many routes", { staticroutes: "172.16.0.0/12 192.168.60.1 ".repeat(17) }, /17 routes are more than the 16/],
  ];
  for (const [what, given, why] of refused)
    it(`have the offer refused with ${what}`, () => expect(read(given)).to.have.property("refused").that.matches(why));

  it("are well formed or refused, whatever the server sent", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.ipV4(),
            fc.tuple(fc.ipV4(), fc.nat(33)).map(([ip, bits]) => `${ip}/${bits}`),
          ),
        ),
        fc.string(),
        (words, router) => {
          const led = read({ staticroutes: words.join(" "), router });
          return "refused" in led || (led.routes ?? []).every((route) => leaseRoute.safeParse(route).success);
        },
      ),
    ));
});

describe("a plan with its lease", () => {
  const lease = { address, routes: [{ to: "172.16.0.0/12", via: "192.168.60.1" }], router: "192.168.60.1" };
  const dhcp = { clientId: "ff00", routes: true };
  const routing = { routes: [], gateways: [], replyVia: "vnic" as const, defaultRoute: { except: ["10.96.0.0/16"] } };
  const wordsOf = (plan: Parameters<typeof wantedEntries>[0]) => wantedEntries(plan).map(({ words }) => words);

  it("has routes to the server's networks, and sends replies and other traffic over its router", () => {
    const words = wordsOf(withLease(injectPlan({ addresses: [], dhcp, routing }), lease));
    expect(words).to.include("172.16.0.0/12 via 192.168.60.1 dev net1 table 254 proto 118");
    expect(words.filter((one) => one.startsWith("0.0.0.0/0 via 192.168.60.1"))).to.have.length(2);
    expect(words.some((one) => one.includes("from 192.168.60.50 table"))).to.equal(true);
    expect(
      words.every((one) => !/^0\.0\.0\.0\/0 .* table 254 /.test(one)),
      "the pod's own default route",
    ).to.equal(true);
  });

  it("has nothing from the server without a lease, and only its address when no routes are requested", () => {
    expect(wordsOf(withLease(injectPlan({ addresses: [], dhcp, routing }), undefined))).to.deep.equal([]);
    const unasked = withLease(injectPlan({ addresses: [], dhcp: { clientId: "ff00" }, routing }), lease);
    expect(unasked.addresses).to.deep.equal([address]);
    expect(wordsOf(unasked)).to.deep.equal([]);
  });

  it("keeps the user's own route to the same destination, and the user's own gateway", () => {
    const own = { ...routing, routes: [{ to: "172.16.0.0/12", via: "192.168.60.9" }], gateways: ["192.168.60.9"] };
    const words = wordsOf(withLease(injectPlan({ addresses: [], dhcp, routing: own }), lease));
    expect(words.join("\n")).to.not.include("192.168.60.1 ");
  });
});
