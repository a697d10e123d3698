import { expect } from "chai";
import fc from "fast-check";
import { apiVersion } from "../../provider/model/names.ts";
import { parseNetwork } from "../../provider/model/network/definition.ts";
import { apiServer } from "../support/api/server.ts";

const ranged = (range: object) => ({ ranges: [{ cidr: "192.168.50.0/24", ...range }] });
const each = <T>(values: readonly T[], of: (value: T) => object): object[] => values.map(of);

/** Fields of a VnicNetwork that break a rule, and a part of the message. */
const wrong: [words: string, fields: readonly object[]][] = [
  [
    "is not an interface name",
    each([" eth1", "", "eth1/x", "0000:03:00.0 ", "0000:03:00.8", "a234567890123456", "192.168.50.0/33"], (parent) => ({
      parent,
    })),
  ],
  ["is not an interface name", [{ parents: [{ nodes: { rack: "a" }, parent: "é" }] }]],
  ["is missing", [{ parent: undefined, parents: [] }]],
  [
    "is not a subnet",
    each(["192.168.50.0/024", "192.168.50.0/33", "192.168.50/24", "fd50::%1/64", "10.0.0.0/0", "fd50::"], (cidr) =>
      ranged({ cidr }),
    ),
  ],
  ["is not an IP address", each(["192.168.50.256", "192.168.50.01", ""], (from) => ranged({ from }))],
  ["is not in 192.168.50.0/24", [ranged({ from: "192.168.51.9" }), ranged({ to: "fd50::9" })]],
  [
    "is no address, span or subnet",
    each(
      [
        "192.168.50.3 - 192.168.50.9",
        "192.168.50.3-fd50::1",
        "192.168.50.3-",
        "192.168.50.16/028",
        "fd50::7%eth0",
        "*",
        ...["192.168.50.300", "192.168.50.3-192.168.50.256", "192.168.50.0/33"],
        ...["192.168.50.07", "fd50::/129", "fd50::1-fd50::2-fd50::3", "192.168.50.1-fd50::/64", "192.168.50.0/"],
      ],
      (one) => ranged({ exclude: ["192.168.50.4", one] }),
    ),
  ],
  [
    "has no host address left between from and to",
    [
      ranged({ from: "192.168.50.9", to: "192.168.50.8" }),
      ...each(["127.0.0.0/24", "224.0.0.0/4", "240.1.0.0/16", "0.0.0.0/8", "ff02::/16", "fe80::/64"], (cidr) => ({
        ranges: [{ cidr }],
      })),
    ],
  ],
  [
    "has the same address family as gateways[0]",
    each(
      [
        ["192.168.50.1", "192.168.50.2"],
        ["fd50::1", "fe80::1"],
      ],
      (gateways) => ({ gateways }),
    ),
  ],
  ["is more than 1000000", [{ vnicsPerNamespace: 1_000_001 }]],
  ["is not a number of Vnics", [{ vnicsPerNamespace: -1 }]],
  ["of the same family", [{ ranges: [{ cidr: "192.168.50.0/24" }, { cidr: "192.168.51.0/24" }] }]],
  [
    "is not a host's address",
    each(
      [
        ...["192.168.50.256", "192.168.50.1/24", "::ffff:192.168.50.1", "fe80::1%eth0", "0.0.0.0", "255.255.255.255"],
        ...["224.0.0.1", "127.0.0.1", "::1", "192.168.50.01", "gw", ""],
      ],
      (gateway) => ({ gateways: [gateway] }),
    ),
  ],
  [
    "is not the beginning of a MAC address",
    each(["0", "020", "02:", "02:00:5e:00:00:01", "", "*"], (prefix) => ({ macPrefixes: ["02", prefix] })),
  ],
  [
    "is for the macvlan modes and ipvlan",
    [
      { mode: "bridge", vlan: 5 },
      { mode: "host-device", vlan: 5 },
    ],
  ],
];

/** Other notations of what is right. */
const right = [
  ...[ranged({ from: "192.168.50.9", to: "192.168.50.9" }), ranged({ exclude: ["192.168.50.0/25"] })],
  ...[{ gateways: ["192.168.50.1", "fe80::1"] }, { vnicsPerNamespace: 1_000_000 }],
  ...each(["eth1", "_x.5-1", "AA:BB:CC:DD:EE:0F", "0000:0A:00.7", "192.168.50.7/24", "FD50::7/64"], (parent) => ({
    parent,
  })),
  ...each(["192.168.50.7/24", "FD50::/64", "fd50::192.168.50.0/120", "169.254.0.0/16"], (cidr) => ({
    ranges: [{ cidr }],
  })),
  ...each(["192.168.50.9-192.168.50.9", "192.168.50.7/28", "FD50::1-fd50::9", "fd50::/112"], (one) =>
    ranged({ exclude: [one] }),
  ),
  ...each(["192.168.50.1", "FE80::1", "fd50:0::1", "fd50::0.0.0.1"], (gateway) => ({ gateways: [gateway] })),
  ...each(["02", "02:00:5E", "02-00-5e"], (prefix) => ({ macPrefixes: [prefix] })),
  { parent: undefined, parents: [{ nodes: {}, parent: "eth1" }] },
  { mode: "ipvlan", vlan: 5 },
];

describe("a VnicNetwork from kubectl", () => {
  /** What the API server says of networks with these fields, each by its name. */
  async function admit(networks: readonly object[]): Promise<string[]> {
    const items = networks.map((fields, index) => ({
      ...{ apiVersion, kind: "VnicNetwork", metadata: { name: `network-${index}` } },
      spec: { mode: "macvlan", parent: "eth1", ...fields },
    }));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const { stderr } = await (await apiServer()).kubectl(["create", "--dry-run=server", "-f", "-"], list);
    const refusals = stderr.split(/^(?=Error from server)/m);
    return items.map(({ metadata: { name } }) => refusals.find((one) => one.includes(`"${name}" is invalid`)) ?? "");
  }
  const preview = (fields: object): string => {
    const parsed = parseNetwork({ name: "lan", mode: "macvlan", parent: "eth1", ...fields });
    return "problems" in parsed ? parsed.problems.map(({ reason }) => reason).join("; ") : "";
  };

  it("is refused for a mistake, with the words of the preview", async () => {
    const cases = wrong.flatMap(([words, all]) => all.map((fields) => ({ words, fields })));
    const refusals = await admit(cases.map(({ fields }) => fields));
    for (const [index, { words, fields }] of cases.entries()) {
      expect(preview(fields), JSON.stringify(fields)).to.include(words);
      expect(refusals[index], JSON.stringify(fields)).to.include(words);
    }
    expect(refusals.length).to.be.greaterThan(45);
  });

  it("is accepted in every notation that the preview accepts", async () => {
    const refusals = await admit(right);
    for (const [index, fields] of right.entries()) {
      expect(preview(fields), JSON.stringify(fields)).to.equal("");
      expect(refusals[index], JSON.stringify(fields)).to.equal("");
    }
  });

  it("is refused exactly if the preview refuses it, but for the mistakes that docs/limits.md lists", async () => {
    const ipv4 = fc.constantFrom(
      ...["0", "7", "9", "50", "255", "256", "07", ""].map((one) => `192.168.50.${one}`),
      "10.0.0.1",
    );
    const ipv6 = fc.constantFrom(
      ...[
        "fd50::1",
        "fd50::",
        "FD50:0::7",
        "fd50::1::2",
        "::1",
        "fe80::1",
        "::ffff:192.168.50.7",
        "fd50::192.168.50.7",
      ],
      "fd50::1%eth0",
    );
    const address = fc.oneof({ weight: 3, arbitrary: ipv4 }, ipv6);
    const prefix = fc.constantFrom("24", "0", "1", "32", "33", "024", "64", "128", "129", "", "x");
    const subnet = fc.tuple(address, prefix).map(([host, length]) => `${host}/${length}`);
    const span = fc.tuple(address, address).map(([from, to]) => `${from}-${to}`);
    const range = fc.record(
      {
        cidr: fc.oneof({ weight: 2, arbitrary: fc.constant("192.168.50.0/24") }, fc.constant("fd50::/64"), subnet),
        from: address,
        to: address,
        exclude: fc.array(fc.oneof(address, span, subnet), { maxLength: 3 }),
      },
      { requiredKeys: ["cidr"] },
    );
    const network = fc.record(
      {
        mode: fc.constantFrom("macvlan", "bridge", "host-device", "ipvlan"),
        parent: fc.oneof(fc.constantFrom("eth1", "02:00:5E:00:00:01", "0000:03:00.1", "-x", "a b"), subnet),
        vlan: fc.constantFrom(1, 4094),
        ranges: fc.array(range, { maxLength: 2 }),
        gateways: fc.array(address, { maxLength: 2 }),
        macPrefixes: fc.array(fc.constantFrom("02", "02-AA", "0x", "02:"), { maxLength: 2 }),
        placement: fc.constantFrom("moved", "direct", "thrown"),
        vnicsPerNamespace: fc.constantFrom(0, 5, 1_000_001),
      },
      { requiredKeys: ["mode", "parent"] },
    );
    const networks = fc.sample(network, { numRuns: 1500, seed: 13 });
    const refusals = await admit(networks);
    const unlike = networks.flatMap((fields, index) => {
      const [here, there] = [preview(fields), refusals[index]!];
      const isListed = here
        .split("; ")
        .every((one) => /no host address left|"[^" ]*(:|-)[^" ]*" is no address/.test(one));
      if ((here === "") === (there === "") || (there === "" && isListed)) return [];
      return [`${JSON.stringify(fields)}: ${here} <> ${there}`];
    });
    expect(unlike).to.deep.equal([]);
    const refused = refusals.filter((one) => one !== "").length;
    expect(refused).to.be.within(300, 1490);
  });
});
