import { expect } from "chai";
import { routingTable, rulePriority } from "../../../../provider/model/names.ts";
import {
  type Entry,
  liveEntries,
  routingDrift,
  routingSteps,
  type RouteRow,
  type RuleRow,
  wantedEntries,
} from "../../../../provider/model/link/routing.ts";
import type { InjectPlan } from "../../../../provider/model/wire/session-protocol.ts";
import { injectPlan, uid } from "../../../fakes/objects.ts";

const { replies, rest } = routingTable(uid(1));
const priority = rulePriority(uid(1));
const both = { addresses: ["192.168.50.10/24", "fd50::10/64"] };
const plan = (routing: Partial<InjectPlan["routing"]>, given: Partial<InjectPlan> = {}) =>
  injectPlan({ ...both, routing: { routes: [], gateways: [], replyVia: "vnic", ...routing }, ...given });
const words = (entries: readonly Entry[]) => entries.map(({ object, words }) => `${object} ${words}`);

describe("the routes and rules of a Vnic", () => {
  it("are none when none were given", () => expect(wantedEntries(injectPlan())).to.deep.equal([]));

  it("are the given ones, in the main table or another", () =>
    expect(
      words(
        wantedEntries(
          plan({
            routes: [
              { to: "10.20.0.0/16", via: "192.168.50.1", metric: 100 },
              { to: "fd60::/64", via: "fd50::1", table: 7 },
            ],
          }),
        ),
      ),
    ).to.deep.equal([
      "route 10.20.0.0/16 via 192.168.50.1 dev net1 metric 100 table 254 proto 118",
      "route fd60::/64 via fd50::1 dev net1 table 7 proto 118",
    ]));

  it("send replies over the Vnic: to its own networks, by its own routes, and otherwise to the gateway", () =>
    expect(
      words(wantedEntries(plan({ gateways: ["192.168.50.1"], routes: [{ to: "10.20.0.0/16", via: "192.168.50.2" }] }))),
    ).to.deep.equal([
      "route 10.20.0.0/16 via 192.168.50.2 dev net1 table 254 proto 118",
      `route 192.168.50.0/24 dev net1 table ${replies} proto 118`,
      `route 10.20.0.0/16 via 192.168.50.2 dev net1 table ${replies} proto 118`,
      `route 0.0.0.0/0 via 192.168.50.1 dev net1 table ${replies} proto 118`,
      `rule priority 30000 from 192.168.50.10 table ${replies} protocol 118`,
    ]));

  it("leave replies to the pod's own routes when this is requested", () =>
    expect(wantedEntries(plan({ gateways: ["192.168.50.1", "fd50::1"], replyVia: "pod" }))).to.deep.equal([]));

  it("take the default route after all more specific routes of the main table, except for the cluster's networks", () =>
    expect(
      words(
        wantedEntries(
          plan({ gateways: ["fd50::1"], replyVia: "pod", defaultRoute: { except: ["10.96.0.0/12", "fd96::/112"] } }),
        ),
      ),
    ).to.deep.equal([
      `route ::/0 via fd50::1 dev net1 table ${rest} proto 118`,
      `route throw fd96::/112 table ${rest} proto 118`,
      `rule priority ${priority} from all table 254 suppress_prefixlength 0 protocol 118`,
      `rule priority ${priority + 1} from all table ${rest} protocol 118`,
    ]));
});

describe("the routes and rules of a pod", () => {
  const wanted = wantedEntries(
    plan({
      gateways: ["192.168.50.1"],
      routes: [{ to: "10.20.0.9/32", via: "192.168.50.1" }],
      defaultRoute: { except: ["10.96.0.0/12"] },
    }),
  );
  /** Rows as `ip -N -j` of iproute2 6.1 prints them. */
  const routes: RouteRow[] = [
    { dst: "default", gateway: "10.214.1.1", dev: "eth0" },
    { dst: "192.168.50.0/24", dev: "net1", protocol: "2" },
    { dst: "10.20.0.9", gateway: "192.168.50.1", dev: "net1", protocol: "118" },
    { dst: "192.168.50.0/24", dev: "net1", table: String(replies), protocol: "118" },
    { dst: "10.20.0.9", gateway: "192.168.50.1", dev: "net1", table: String(replies), protocol: "118" },
    { dst: "default", gateway: "192.168.50.1", dev: "net1", table: String(replies), protocol: "118" },
    { dst: "default", gateway: "192.168.50.1", dev: "net1", table: String(rest), protocol: "118" },
    { type: "9", dst: "10.96.0.0/12", table: String(rest), protocol: "118" },
    { dst: "default", gateway: "10.0.0.1", dev: "net2", table: "77", protocol: "118" },
    // A pod can make routes that look like a Vnic's, but have what these never have.
    { dst: "10.9.0.0/16", tos: "0x10", dev: "net1", protocol: "118" },
    { dst: "10.8.0.0/16", nhid: 7, dev: "net1", protocol: "118" },
    { dst: "fd02::/48", from: "fd00::/64", dev: "net1", protocol: "118" },
  ];
  const rules: RuleRow[] = [
    { priority: 0, src: "all", table: "255" },
    { priority: 30000, src: "192.168.50.10", table: String(replies), protocol: "118" },
    { priority: 30000, src: "192.168.50.11", table: "1073741999", protocol: "118" },
    { priority, src: "all", table: "254", suppress_prefixlen: 0, protocol: "118" },
    { priority: priority + 1, src: "all", table: String(rest), protocol: "118" },
  ];
  const live = liveEntries(uid(1), "net1", 4, routes, rules);

  it("are read in the form of the plan, without those of others", () => {
    expect(words(live)).to.have.members(words(wanted));
    expect(routingDrift(wanted, live)).to.deep.equal([]);
    expect(routingSteps(wanted, live)).to.deep.equal({ 4: [], 6: [] });
  });

  it("are deleted with the source's prefix length if a pod has made such a rule for the Vnic's table", () => {
    const made = { priority: 30000, src: "10.6.0.0", srclen: 16, table: String(replies), protocol: "118" };
    expect(routingSteps(wanted, liveEntries(uid(1), "net1", 4, routes, [...rules, made]))[4]).to.deep.equal([
      `rule del priority 30000 from 10.6.0.0/16 table ${replies} protocol 118`,
    ]);
  });

  it("change only where they differ, and old ones go first because two of a kind can't coexist", () => {
    const other = wantedEntries(
      plan(
        { gateways: ["192.168.50.2"], defaultRoute: { except: ["10.96.0.0/12"] } },
        { addresses: ["192.168.50.10/24"] },
      ),
    );
    const steps = routingSteps(other, live);
    expect(steps[4].slice(-2)).to.deep.equal([
      `route add 0.0.0.0/0 via 192.168.50.2 dev net1 table ${replies} proto 118`,
      `route add 0.0.0.0/0 via 192.168.50.2 dev net1 table ${rest} proto 118`,
    ]);
    expect(steps[4].slice(0, -2)).to.include("route del 10.20.0.9/32 via 192.168.50.1 dev net1 table 254 proto 118");
  });

  it("are described where they differ", () => {
    expect(routingDrift(wanted, live.slice(1))).to.deep.equal([
      `the route "10.20.0.9/32 via 192.168.50.1 dev net1 table 254 proto 118" is missing`,
    ]);
    expect(routingDrift(wanted.slice(1), live)[0]).to.match(/^the route "10\.20\.0\.9\/32 .*" is too many$/);
  });

  it("are described by few words, however many a pod has made", () => {
    const rows = Array.from({ length: 1000 }, (_, n) => ({ ...routes[2], dst: `10.8.${n >> 8}.${n % 256}` }));
    const made = liveEntries(uid(1), "net1", 4, rows, []);
    const words = routingDrift(wanted, [...live, ...made]);
    expect(words).to.have.length(65);
    expect(words.at(-1)).to.equal("936 other routes and rules are missing or too many");
  });
});
