import { expect } from "chai";
import fc from "fast-check";
import { labels as ourLabels } from "../../../../provider/model/names.ts";
import * as field from "../../../../provider/model/schema/fields.ts";
import { known } from "../../../../provider/model/schema/known.ts";

/** The rule that a value breaks; undefined if it is valid. */
function complaint(
  schema: { safeParse(value: unknown): { error?: { issues: { message: string }[] } | undefined } },
  value: unknown,
) {
  return schema.safeParse(value).error?.issues[0]?.message;
}

describe("an address", () => {
  const canonical: [given: string, stored: string][] = [
    ["192.168.50.10/24", "192.168.50.10/24"],
    ["10.0.0.0/31", "10.0.0.0/31"],
    ["10.0.0.1/31", "10.0.0.1/31"],
    ["10.0.0.1/32", "10.0.0.1/32"],
    ["10.0.0.255/23", "10.0.0.255/23"],
    ["169.254.3.4/16", "169.254.3.4/16"],
    ["FD50:0:0::0010/64", "fd50::10/64"],
    ["2001:db8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1/64"],
    ["fd50::/127", "fd50::/127"],
    ["fd50::ffff/64", "fd50::ffff/64"],
  ];
  for (const [given, stored] of canonical)
    it(`is stored as ${stored} when given as ${given}`, () => {
      expect(field.hostCidr.parse(given)).to.equal(stored);
      expect(field.hostCidr.parse(stored), "once more").to.equal(stored);
    });

  const refused: [given: string, rule: RegExp][] = [
    ["192.168.50.10", /is not a CIDR address; write it like "192.168.50.10\/24"/],
    ["10.0.0.300/24", /"10.0.0.300\/24" is not a CIDR address/],
    ["10.0.0.1/24/24", /is not a CIDR address/],
    ["fe80::1/64", /"fe80::1\/64" is a link-local address, which the kernel gives every NIC by itself/],
    ["10.0.0.1/", /is not a CIDR address/],
    ["10.0.0.1/-1", /is not a CIDR address/],
    ["10.0.0.1/2.5", /is not a CIDR address/],
    ["10.0.1/24", /is not a CIDR address/],
    ["0x0a000001/24", /is not a CIDR address/],
    ["010.0.0.1/24", /is not a CIDR address/],
    [" 10.0.0.1/24", /is not a CIDR address/],
    ["10.0.0.1/24\n", /is not a CIDR address/],
    ["fe80::1%eth0/64", /is not a CIDR address/],
    ["", /is not a CIDR address/],
    ["10.0.0.1/33", /has a prefix length outside 1 to 32/],
    ["10.0.0.1/0", /has a prefix length outside 1 to 32/],
    ["fd50::1/129", /has a prefix length outside 1 to 128/],
    ["0.0.0.0/24", /is the unspecified address/],
    ["::/64", /is the unspecified address/],
    ["127.0.0.1/8", /is a loopback address/],
    ["127.9.9.9/24", /is a loopback address/],
    ["::1/64", /is a loopback address/],
    ["224.0.0.5/24", /is a multicast address/],
    ["ff02::1/64", /is a multicast address/],
    ["255.255.255.255/24", /is the broadcast address/],
    ["::ffff:10.0.0.1/96", /is an IPv4-mapped IPv6 address/],
    ["::0a00:1/96", /is an IPv4-compatible IPv6 address/],
    ["0.1.2.3/24", /is in 0.0.0.0\/8, which means "this network"/],
    ["240.0.0.1/24", /is in 240.0.0.0\/4, which is reserved/],
    ["255.255.255.254/24", /is in 240.0.0.0\/4/],
    ["192.168.50.0/24", /is the network address of its own subnet/],
    ["192.168.50.4/30", /is the network address of its own subnet/],
    ["192.168.50.255/24", /is the broadcast address of its own subnet/],
    ["192.168.50.7/30", /is the broadcast address of its own subnet/],
    ["fd50::/64", /is the subnet-router anycast address of its own subnet/],
    ["fd50::4/126", /is the subnet-router anycast address of its own subnet/],
  ];
  for (const [given, rule] of refused)
    it(`is refused when it is ${JSON.stringify(given)}`, () => {
      expect(complaint(field.hostCidr, given)).to.match(rule);
    });

  it("keeps its canonical form when it is parsed again, whatever was given", () => {
    const bytes = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    const ipv4 = fc.tuple(bytes, fc.nat(34)).map(([host, prefix]) => `${host.join(".")}/${prefix}`);
    const ipv6 = fc.tuple(fc.ipV6(), fc.nat(130)).map(([host, prefix]) => `${host}/${prefix}`);
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        const stored = field.hostCidr.safeParse(text).data;
        if (stored === undefined) return;
        expect(field.hostCidr.parse(stored)).to.equal(stored);
        expect(stored).to.match(/^[0-9a-f.:]+\/\d+$/);
      }),
    );
  });
});

describe("a MAC address", () => {
  const canonical: [given: string, stored: string][] = [
    ["02:00:5e:10:00:01", "02:00:5e:10:00:01"],
    ["02-00-5E-10-00-01", "02:00:5e:10:00:01"],
    ["00:1A:2B:3C:4D:5E", "00:1a:2b:3c:4d:5e"],
  ];
  for (const [given, stored] of canonical)
    it(`is stored as ${stored} when given as ${given}`, () => expect(field.mac.parse(given)).to.equal(stored));

  const refused: [given: string, rule: RegExp][] = [
    ["02:00:5e:10:00", /is not a MAC address; write it like/],
    ["02:00:5e:10:00:01:02", /is not a MAC address/],
    ["02:00:5e:10:00:0g", /is not a MAC address/],
    ["02005e100001", /is not a MAC address/],
    ["02:00:5e:10:00:01\n", /is not a MAC address/],
    ["00:00:00:00:00:00", /is the zero MAC address/],
    ["FF-FF-FF-FF-FF-FF", /is the broadcast MAC address/],
    ["01:00:5e:00:00:01", /is a multicast MAC address/],
    ["33:33:00:00:00:01", /is a multicast MAC address/],
  ];
  for (const [given, rule] of refused)
    it(`is refused when it is ${JSON.stringify(given)}`, () => expect(complaint(field.mac, given)).to.match(rule));
});

describe("an interface name", () => {
  for (const name of ["net1", "n", "eth1", "eth00", "lan-2.x_y", "a23456789012345"])
    it(`may be ${name}`, () => expect(field.interfaceName.parse(name)).to.equal(name));

  const refused: [name: string, rule: RegExp][] = [
    ["a234567890123456", /is longer than the kernel's 15 characters/],
    ["lo", /is reserved in every pod; choose another, like "net1"/],
    ["eth0", /is reserved/],
    ["all", /is reserved/],
    ["default", /is reserved/],
    ["net%d", /is not an interface name/],
    ["net/1", /is not an interface name/],
    ["net 1", /is not an interface name/],
    ["-net1", /is not an interface name/],
    [".", /is not an interface name/],
    ["..", /is not an interface name/],
    ["1net", /is not an interface name/],
    ["Net1", /is not an interface name/],
    ["net:1", /is not an interface name/],
    ["net1\n", /is not an interface name/],
    ["", /is not an interface name/],
  ];
  for (const [name, rule] of refused)
    it(`is refused when it is ${JSON.stringify(name)}`, () =>
      expect(complaint(field.interfaceName, name)).to.match(rule));
});

describe("a parent's name", () => {
  for (const name of ["eth1", "enp0s31f6", "bond0.100", "br-lan", "0eth", "_x", "ETH1"])
    it(`may be ${name}`, () => expect(field.parent.parse(name)).to.equal(name));
  for (const name of ["", "-eth1", ".", "..", "eth 1", "eth/1", "eth%1", "eth1@if2", "e234567890123456", "eth1\n"])
    it(`is refused when it is ${JSON.stringify(name)}`, () =>
      expect(complaint(field.parent, name)).to.match(/is not an interface name: use 1 to 15 letters/));
});

describe("a Kubernetes name", () => {
  it("has at most 63 characters for a record or a namespace", () => {
    expect(complaint(field.labelName, "a".repeat(63))).to.equal(undefined);
    expect(complaint(field.labelName, "a".repeat(64))).to.match(/at most 63/);
  });
  it("has at most 253 characters, with dots, for a pod", () => {
    expect(complaint(field.objectName, `a.${"b".repeat(251)}`)).to.equal(undefined);
    expect(complaint(field.objectName, "a".repeat(254))).to.match(/longer than the 253 characters/);
  });
  for (const name of ["", "A", "a_b", "-a", "a-", "a/b", "a b", "..", "a\n", "ä"])
    it(`is refused when it is ${JSON.stringify(name)}`, () => {
      expect(complaint(field.labelName, name)).to.match(/is not a Kubernetes name/);
      expect(complaint(field.objectName, name)).to.match(/is not a Kubernetes name/);
    });
  it("is refused with a dot for a record, as it must be a valid label", () =>
    expect(complaint(field.labelName, "a.b")).to.match(/is not a Kubernetes name/));
});

describe("an MTU", () => {
  for (const bytes of [68, 1500, 9000, 65535])
    it(`may be ${bytes}`, () => expect(field.mtu.parse(bytes)).to.equal(bytes));
  const refused: [value: unknown, rule: RegExp][] = [
    [67, /67 is below 68, the minimum of IPv4/],
    [-1, /-1 is below 68/],
    [65536, /65536 is above 65535/],
    [1500.5, /1500.5 is not a whole number of bytes/],
    ["1500", /"1500" is not a whole number of bytes/],
    [NaN, /is not a whole number of bytes/],
  ];
  for (const [value, rule] of refused)
    it(`is refused when it is ${String(value)} (${typeof value})`, () =>
      expect(complaint(field.mtu, value)).to.match(rule));
});

describe("labels", () => {
  for (const labels of [{}, { team: "shop" }, { "example.com/tier": "db-1" }, { "a.b_c-d": "" }])
    it(`may be ${JSON.stringify(labels)}`, () => expect(complaint(field.labels, labels)).to.equal(undefined));

  for (const labels of [{ "a b": "c" }, { "": "c" }, { "/a": "b" }, { a: "b c" }, { a: "-b" }, { a: "x".repeat(64) }])
    it(`may not be ${JSON.stringify(labels)}`, () => expect(complaint(field.labels, labels)).to.be.a("string"));

  for (const key of [ourLabels.network, ourLabels.set, ourLabels.mac, `${ourLabels.address}7`, "pulumi-vnic.dev/new"])
    it(`may not be ${key} on a record, because drivers decide by it`, () => {
      expect(complaint(known(field.recordLabels), { [key]: "a" })).to.include(`"${key}" is reserved for drivers`);
      expect(complaint(field.labels, { [key]: "a" }), "as a selector").to.equal(undefined);
    });
  for (const key of ["team", "example.com/pulumi-vnic.dev", "pulumi-vnic.dev.example/a", "my-pulumi-vnic.dev/a"])
    it(`may be ${key} on a record`, () => expect(complaint(field.recordLabels, { [key]: "a" })).to.equal(undefined));
});

describe("a deadline", () => {
  for (const seconds of [1, 0.5 + 1, 120, 86400])
    it(`may be ${seconds} s`, () => expect(field.deadlineSeconds.parse(seconds)).to.equal(seconds));
  const refused: [value: unknown, rule: RegExp][] = [
    [0, /0 is below 1 second/],
    [86401, /86401 is above 86400 seconds/],
    [Infinity, /is not a number of seconds/],
    ["60", /"60" is not a number of seconds/],
  ];
  for (const [value, rule] of refused)
    it(`is refused when it is ${String(value)} (${typeof value})`, () =>
      expect(complaint(field.deadlineSeconds, value)).to.match(rule));
});
