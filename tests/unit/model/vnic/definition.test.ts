import { expect } from "chai";
import fc from "fast-check";
import { parseDefinition } from "../../../../provider/model/vnic/definition.ts";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { inputs } from "../../../fakes/objects.ts";

function problemsOf(given: unknown): Record<string, string> {
  const parsed = parseDefinition(given);
  return "problems" in parsed
    ? Object.fromEntries(parsed.problems.map(({ property, reason }) => [property, reason]))
    : {};
}

function definitionOf(given: unknown) {
  const parsed = parseDefinition(given);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.definition;
}

describe("a definition", () => {
  it("has every default when only the required fields are given", () => {
    expect(definitionOf(inputs({ pod: { name: "db-0" } }))).to.deep.equal({
      name: "db-wire",
      pod: { namespace: "default", name: "db-0" },
      network: { mode: "macvlan", parent: "eth1" },
      addresses: ["192.168.50.10/24"],
      mac: "de:f3:20:ad:99:f9",
      interfaceName: "net467033",
      deadlines: { createSeconds: 120, updateSeconds: 120, deleteSeconds: 120 },
    });
  });

  it("is converted to canonical form", () => {
    const { addresses, mac } = definitionOf(
      inputs({ addresses: ["FD50::0:10/64", "10.0.0.1/8"], mac: "02-00-5E-10-00-0A" }),
    );
    expect(addresses).to.deep.equal(["fd50::10/64", "10.0.0.1/8"]);
    expect(mac).to.equal("02:00:5e:10:00:0a");
  });

  it("is the same when its canonical form is checked again", () => {
    const once = definitionOf(inputs({ addresses: ["FD50::10/64"], mtu: 9000, declaredBy: "urn:pulumi:x" }));
    expect(definitionOf({ ...once })).to.deep.equal(once);
  });

  it("keeps a given MAC and a given interface name", () => {
    const { mac, interfaceName } = definitionOf(inputs({ mac: "02:00:5e:10:00:01", interfaceName: "lan" }));
    expect([mac, interfaceName]).to.deep.equal(["02:00:5e:10:00:01", "lan"]);
  });

  it("has a MAC and an interface name that are derived only from namespace and name", () => {
    const one = definitionOf(inputs());
    const other = definitionOf(
      inputs({ pod: { namespace: "shop", name: "db-1" }, network: { parent: "eth9" }, addresses: ["10.0.0.1/8"] }),
    );
    expect([other.mac, other.interfaceName]).to.deep.equal([one.mac, one.interfaceName]);
    expect(definitionOf(inputs({ name: "db-wire-2" })).mac).to.not.equal(one.mac);
    expect(definitionOf(inputs({ pod: { namespace: "other", name: "db-0" } })).mac).to.not.equal(one.mac);
  });
});

describe("the problems of a definition", () => {
  it("are all reported at once, by property path", () => {
    const problems = problemsOf({
      name: "DB",
      pod: { namespace: "a_b", nmae: "db-0" },
      network: { parent: "-eth1", mode: "vxlan" },
      addresses: ["10.0.0.1/24", "10.0.0.0/24", "nonsense", "10.0.0.1/16"],
      mac: "01:00:5e:00:00:01",
      interfaceName: "eth0",
      mtu: 20,
      deadlines: { createSeconds: 0 },
      adress: "10.0.0.1/24",
    });
    expect(problems).to.have.all.keys(
      "name",
      "pod.namespace",
      "pod.name",
      "pod.nmae",
      "network.parent",
      "network.mode",
      "addresses[1]",
      "addresses[2]",
      "addresses[3]",
      "mac",
      "interfaceName",
      "mtu",
      "deadlines.createSeconds",
      "adress",
    );
    expect(problems["pod.name"]).to.equal("is missing");
    expect(problems["pod.nmae"]).to.equal("is not a property of a Vnic; remove it or correct its name");
    expect(problems["network.mode"]).to.equal(
      `"vxlan" is not a mode; use "macvlan", "macvlan-private", "bridge", "host-device", "ipvlan"`,
    );
    expect(problems["addresses[3]"]).to.equal(`"10.0.0.1" is the same address as addresses[0]`);
  });

  const table: [what: string, given: unknown, property: string, reason: RegExp][] = [
    ["nothing at all", undefined, "", /is missing/],
    ["something other than an object", ["a"], "", /is not an object/],
    ["no pod", inputs({ pod: undefined }), "pod", /^is missing$/],
    ["a pod without a namespace", inputs({ pod: "db-0" }), "pod", /"db-0" is not an object/],
    [
      "an empty list of addresses",
      inputs({ addresses: [] }),
      "addresses",
      /is empty; give one, like .* or leave it out/,
    ],
    ["an empty host name", inputs({ dhcp: { hostname: "$(id)" } }), "dhcp.hostname", /"\$\(id\)" is not a host name/],
    ["an unknown DHCP option", inputs({ dhcp: { dns: true } }), "dhcp.dns", /is not a property of a Vnic/],
    ["one address without a list", inputs({ addresses: "10.0.0.1/24" }), "addresses", /"10.0.0.1\/24" is not a list/],
    ["a number among addresses", inputs({ addresses: ["10.0.0.1/24", 7] }), "addresses[1]", /7 is not a string/],
    [
      "the same address twice in different notations",
      inputs({ addresses: ["fd50::10/64", "FD50:0::10/64"] }),
      "addresses[1]",
      /"fd50::10" is the same address as addresses\[0\]/,
    ],
    ["no parent", inputs({ network: {} }), "network.parent", /^is missing$/],
    [
      "an MTU too small for its IPv6 address",
      inputs({ mtu: 1279, addresses: ["fd50::10/64"] }),
      "mtu",
      /1279 is below 1280, the minimum of IPv6 \(RFC 8200\), and fd50::10 is IPv6/,
    ],
    [
      "placement direct with a device",
      inputs({ network: { parent: "eth1", mode: "host-device" }, placement: "direct" }),
      "placement",
      /^"direct" can't be used with mode "host-device", whose device exists already and can only be moved; use "moved"$/,
    ],
    ["a null", inputs({ mac: null }), "mac", /null is not a string/],
  ];
  for (const [what, given, property, reason] of table)
    it(`are reported when there is ${what}`, () => {
      const problems = problemsOf(given);
      expect(problems).to.have.all.keys(property);
      expect(problems[property]).to.match(reason);
    });

  it("are none without addresses, which enables DHCP, or with addresses and DHCP", () => {
    for (const [given, wanted] of [
      [{ addresses: undefined }, { addresses: [], dhcp: {} }],
      [
        { addresses: [], dhcp: {} },
        { addresses: [], dhcp: {} },
      ],
      [{ addresses: undefined, dhcp: { routes: true }, defaultRoute: { except: ["10.96.0.0/16"] } }, { addresses: [] }],
      [{ dhcp: { hostname: "db-0" } }, { addresses: ["192.168.50.10/24"], dhcp: { hostname: "db-0" } }],
    ])
      expect(parseDefinition(inputs(given)))
        .to.have.property("definition")
        .that.deep.includes(wanted);
  });

  it("are none without addresses when SLAAC is enabled, which doesn't enable DHCP", () =>
    expect(parseDefinition(inputs({ addresses: undefined, slaac: true })))
      .to.have.property("definition")
      .that.includes({ slaac: true })
      .and.not.has.property("dhcp"));

  it("are reported for an MTU of less than 1280 with SLAAC", () =>
    expect(problemsOf(inputs({ mtu: 1279, slaac: true })))
      .to.have.property("mtu")
      .that.matches(/and slaac is IPv6/));

  it("are none for an MTU of less than 1280 with only IPv4 addresses", () =>
    expect(problemsOf(inputs({ mtu: 576 }))).to.deep.equal({}));
});

describe("an unknown value", () => {
  const places: Record<string, unknown>[] = [
    { name: unknownValue },
    { pod: unknownValue },
    { pod: { namespace: unknownValue, name: "db-0" } },
    { pod: { namespace: "shop", name: unknownValue } },
    { network: unknownValue },
    { network: { parent: unknownValue } },
    { network: { parent: "eth1", mode: unknownValue } },
    { addresses: unknownValue },
    { addresses: [unknownValue] },
    { addresses: [unknownValue, unknownValue] },
    { addresses: ["10.0.0.1/24", unknownValue] },
    { mac: unknownValue },
    { interfaceName: unknownValue },
    { mtu: unknownValue },
    { mtu: unknownValue, addresses: ["fd50::10/64"] },
    { deadlines: unknownValue },
    { deadlines: { createSeconds: unknownValue } },
  ];
  for (const place of places)
    it(`is accepted, and stays unknown, in ${JSON.stringify(place).replaceAll(unknownValue, "?")}`, () => {
      const definition = definitionOf(inputs(place));
      for (const [key, value] of Object.entries(place))
        if (value === unknownValue) expect(definition[key as keyof typeof definition]).to.equal(unknownValue);
    });

  it("makes the values that are derived from it unknown, too", () => {
    const { mac, interfaceName } = definitionOf(inputs({ name: unknownValue }));
    expect([mac, interfaceName]).to.deep.equal([unknownValue, unknownValue]);
    expect(definitionOf(inputs({ pod: unknownValue })).mac).to.equal(unknownValue);
  });

  it("doesn't hide the problems of other values", () => {
    expect(problemsOf(inputs({ addresses: [unknownValue, "nonsense"], pod: unknownValue, mtu: 1 }))).to.have.all.keys(
      "addresses[1]",
      "mtu",
    );
  });
});

describe("arbitrary inputs", () => {
  it("give a definition or problems, never an exception", () => {
    const value = fc.anything({ withNullPrototype: true });
    const anything = fc.record(
      {
        name: value,
        pod: value,
        network: value,
        addresses: fc.oneof(value, fc.array(value)),
        mac: value,
        mtu: value,
        deadlines: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(value, anything), (given) => {
        const parsed = parseDefinition(given);
        if ("problems" in parsed)
          for (const { property, reason } of parsed.problems)
            expect([typeof property, typeof reason]).to.deep.equal(["string", "string"]);
      }),
      { numRuns: 300 },
    );
  });
});
