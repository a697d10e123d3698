import { expect } from "chai";
import fc from "fast-check";
import * as field from "../../../provider/model/schema/fields.ts";
import * as names from "../../../provider/model/names.ts";
import { uid } from "../../fakes/objects.ts";

const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
const label = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 63 });
const ref = fc.record({ namespace: label, name: label });
const distinct = (count: number) => fc.uniqueArray(ref, { minLength: count, maxLength: count, selector: names.vnicId });

describe("a derived MAC", () => {
  const golden: [string, string, string][] = [
    ["default", "db-wire", "de:f3:20:ad:99:f9"],
    ["default", "w", "92:a2:23:e5:37:3b"],
  ];
  for (const [namespace, name, mac] of golden)
    it(`is ${mac} for ${namespace}/${name}, in this and every later version`, () =>
      expect(names.deriveMac({ namespace, name })).to.equal(mac));

  it("is unicast, locally administered and allowed as an input, whatever it is derived from", () => {
    fc.assert(
      fc.property(ref, (one) => {
        const mac = names.deriveMac(one);
        expect(parseInt(mac.slice(0, 2), 16) & 0b11).to.equal(0b10);
        expect(field.mac.parse(mac)).to.equal(mac);
        expect(names.deriveMac({ ...one })).to.equal(mac);
      }),
    );
  });

  it("differs between a thousand Vnics", () => {
    fc.assert(
      fc.property(distinct(1000), (refs) => {
        expect(new Set(refs.map(names.deriveMac)).size).to.equal(refs.length);
      }),
      { numRuns: 3 },
    );
  });

  it("differs where namespace and name are split at another place", () =>
    expect(names.deriveMac({ namespace: "a", name: "b-c" })).to.not.equal(
      names.deriveMac({ namespace: "a-b", name: "c" }),
    ));
});

describe("a derived interface name", () => {
  it("is net467033 for default/db-wire, in this and every later version", () =>
    expect(names.deriveInterfaceName({ namespace: "default", name: "db-wire" })).to.equal("net467033"));

  it("is allowed as an input, whatever it is derived from", () => {
    fc.assert(
      fc.property(ref, (one) => {
        const name = names.deriveInterfaceName(one);
        expect(name).to.match(/^net[1-9]\d{0,5}$/);
        expect(field.interfaceName.parse(name)).to.equal(name);
      }),
    );
  });
});

describe("names of limited length", () => {
  it("fit the kernel's 15 characters on a link in transit", () => {
    fc.assert(
      fc.property(fc.uuid(), (one) => {
        const name = names.transitLinkName(one);
        expect(name).to.match(/^vn[0-9a-f]{12}$/);
        expect(Buffer.byteLength(name)).to.be.at.most(15);
      }),
    );
  });

  it("fit the kernel's 255 bytes on a link's alias", () =>
    expect(Buffer.byteLength(names.linkAlias(uid(1)))).to.be.at.most(255));

  it("fit 63 characters on a session's Job, however long the node's name is", () => {
    const name = names.sessionJobName("n".repeat(253), "0a1b2c3d");
    expect(name).to.match(/^vnic-session-[0-9a-f]{8}-0a1b2c3d$/);
    expect(field.labelName.safeParse(name).success).to.equal(true);
    expect(name).to.not.equal(names.sessionJobName("n".repeat(252), "0a1b2c3d"));
  });
});

describe("names from a hash", () => {
  it("differ between links in transit", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 500, maxLength: 500 }), (uids) => {
        expect(new Set(uids.map(names.transitLinkName)).size).to.equal(uids.length);
      }),
      { numRuns: 3 },
    );
  });

  it("are the same field manager for the same owner", () => {
    const managers = [undefined, "urn:pulumi:a", "urn:pulumi:b"].map(names.fieldManagerOf);
    expect(new Set(managers).size).to.equal(3);
    for (const manager of managers) expect(manager.length).to.be.at.most(128);
  });
});

describe("an id", () => {
  it("is parsed into the parts that it was made of", () => {
    fc.assert(
      fc.property(ref, (one) => {
        expect(names.parseVnicId(names.vnicId(one))).to.deep.equal(one);
      }),
    );
  });
  for (const id of [
    "",
    "db-wire",
    "/db-wire",
    "shop/",
    "shop/db/wire",
    "shop/.",
    "../db",
    "shop/..",
    "shop/%2e",
    "shop/DB",
    "shop/a\n",
  ])
    it(`is refused when it is ${JSON.stringify(id)}`, () =>
      expect(() => names.parseVnicId(id)).to.throw(`id ${JSON.stringify(id)} is not "<namespace>/<name>"`));
});
