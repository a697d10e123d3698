import { expect } from "chai";
import fc from "fast-check";
import {
  type ClientEvent,
  clientEvent,
  lease,
  readClientEvent,
  readLease,
} from "../../../../provider/model/lease/lease.ts";

const event = (given: Partial<ClientEvent> = {}): ClientEvent => ({
  event: "bound",
  ip: "192.168.50.110",
  subnet: "255.255.255.0",
  serverid: "192.168.50.1",
  lease: "3600",
  ...given,
});
const now = new Date("2026-11-23T08:00:00Z");
const everything = { routes: true, defaultRoute: { except: [] } };

describe("a DHCP lease", () => {
  it("is what the server gave, with the times T1 and T2", () =>
    expect(readLease(event(), ["10.214.1.5/24"], now)).to.deep.equal({
      address: "192.168.50.110/24",
      server: "192.168.50.1",
      leaseSeconds: 3600,
      renewSeconds: 1800,
      rebindSeconds: 3150,
      obtainedAt: "2026-11-23T08:00:00.000Z",
      expiresAt: "2026-11-23T09:00:00.000Z",
    }));

  it("may last as long as the protocol allows", () =>
    expect(readLease(event({ lease: "4294967295" }), [], now)).to.have.property(
      "expiresAt",
      "2162-12-30T14:28:15.000Z",
    ));

  const clusterNetworks = ["10.96.0.0/12", "10.244.0.0/16", "172.30.0.1/32"];
  const overlapping: [what: string, given: Partial<ClientEvent>, network: string][] = [
    ["the cluster's services", { ip: "10.96.0.77", subnet: "255.255.255.0" }, "10.96.0.0/12"],
    ["one service alone", { ip: "10.96.0.10", subnet: "255.255.255.255" }, "10.96.0.0/12"],
    ["some of the cluster's pods", { ip: "10.244.7.5", subnet: "255.255.255.0" }, "10.244.0.0/16"],
    ["the cluster's services and more", { ip: "10.64.0.5", subnet: "255.192.0.0" }, "10.96.0.0/12"],
    ["the API server's service", { ip: "172.30.0.9", subnet: "255.255.0.0" }, "172.30.0.1/32"],
  ];
  for (const [what, given, network] of overlapping)
    it(`is refused if its subnet has ${what}`, () =>
      expect(readLease(event(given), [], now, { clusterNetworks }))
        .to.have.property("refused")
        .that.includes(`overlaps ${network} of the cluster`));

  const drawing: [what: string, given: Partial<ClientEvent>, why: RegExp][] = [
    ["a link-local address", { ip: "169.254.3.4", subnet: "255.255.0.0" }, /overlaps 169\.254\.0\.0\/16/],
    ["one link-local address alone", { ip: "169.254.20.10", subnet: "255.255.255.255" }, /overlaps 169\.254/],
    ["a subnet around the link-local ones", { ip: "169.1.0.5", subnet: "255.0.0.0" }, /overlaps 169\.254/],
    ["half of the pod's own network", { ip: "10.214.1.200", subnet: "255.255.255.128" }, /a part of the pod's own/],
    [
      "another host of the pod's own network",
      { ip: "10.214.1.9", subnet: "255.255.255.255" },
      /a part of the pod's own/,
    ],
  ];
  for (const [what, given, why] of drawing)
    it(`is refused if it is ${what}`, () =>
      expect(readLease(event(given), ["fd00::5/64", "10.214.1.5/24"], now))
        .to.have.property("refused")
        .that.matches(why));

  it("may be next to the cluster's networks", () =>
    expect(readLease(event({ ip: "10.245.0.5", subnet: "255.255.0.0" }), [], now, { clusterNetworks })).to.include({
      address: "10.245.0.5/16",
    }));

  it("has no route to the cluster's networks, whether a default route is wanted or not", () => {
    for (const to of ["10.96.0.0/16", "10.0.0.0/8", "10.244.3.0/24", "172.30.0.0/24"])
      for (const more of [{}, { defaultRoute: { except: [] } }])
        expect(
          readLease(event({ staticroutes: `${to} 192.168.50.1` }), [], now, { routes: true, clusterNetworks, ...more }),
        )
          .to.have.property("refused")
          .that.includes(`route "${to}": it would draw traffic`);
  });

  const refused: [what: string, given: Partial<ClientEvent>, why: RegExp][] = [
    ["no address", { ip: "" }, /"" is not an IPv4 address/],
    ["a command in place of an address", { ip: "$(id)" }, /is not an IPv4 address/],
    ["an option in place of an address", { ip: "-6" }, /is not an IPv4 address/],
    ["the unspecified address", { ip: "0.0.0.0" }, /unspecified/],
    ["a loopback address", { ip: "127.0.0.1" }, /loopback/],
    ["a multicast address", { ip: "224.0.0.1" }, /multicast/],
    ["the broadcast address of its subnet", { ip: "192.168.50.255" }, /broadcast/],
    ["no mask", { subnet: "" }, /"" is not a subnet mask/],
    ["a mask that isn't contiguous", { subnet: "255.0.255.0" }, /is not a subnet mask/],
    ["a mask for half of all addresses", { subnet: "128.0.0.0" }, /a subnet of 1 bits would draw/],
    ["no server", { serverid: "`id`" }, /doesn't say its own address/],
    ["no lease time", { lease: "" }, /a lease of 0 s is shorter than 30 s/],
    ["a lease time of zero", { lease: "1" }, /a lease of 1 s is shorter/],
    ["a negative lease time", { lease: "-1" }, /a lease of 0 s is shorter/],
  ];
  for (const [what, given, why] of refused)
    it(`is refused with ${what}`, () =>
      expect(readLease(event(given), [], now))
        .to.have.property("refused")
        .that.matches(why));

  it("is refused if its subnet would attract the traffic of the pod's own network", () =>
    expect(readLease(event({ ip: "10.200.0.5", subnet: "255.0.0.0" }), ["fe80::1/64", "10.214.1.5/24"], now))
      .to.have.property("refused")
      .that.matches(/10\.200\.0\.5\/8 has the pod's own address 10\.214\.1\.5\/24 in it/));

  it("is refused, and not ignored, if it is too long", () => {
    const line = (text: string) => JSON.stringify({ event: "bound", ip: "10.0.0.1", staticroutes: text });
    expect(readClientEvent(line("10.0.0.0/8 10.0.0.2"))).to.include({ event: "bound" });
    expect(readClientEvent(line("10.0.0.0/8 10.0.0.2 ".repeat(1000)))).to.deep.equal({ event: "unreadable" });
    expect(readClientEvent(line("x".repeat(20_000)).slice(0, 2 ** 14)), "cut").to.deep.equal({ event: "unreadable" });
    expect(readClientEvent("udhcpc: started, v1.35"), "the client's own words").to.equal(undefined);
  });

  it("is well formed or refused, whatever the server sent", () =>
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom("ip", "subnet", "serverid", "lease", "router", "staticroutes"),
          fc.oneof(fc.string(), fc.ipV4(), fc.nat().map(String)),
        ),
        (values) => {
          const parsed = clientEvent.safeParse({ event: "bound", ...values });
          const read = parsed.success ? readLease(parsed.data, [], now, everything) : { refused: "" };
          return "refused" in read || lease.safeParse(read).success;
        },
      ),
    ));
});
