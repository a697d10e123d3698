import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { Project } from "./project.ts";

const args = `pod: { namespace: "shop", name: "db-0" }, network: { parent: "eth1" }, addresses: ["192.168.50.10/24"]`;

/** A statement that is refused where the program stands, and the error. */
type Refused = [statement: string, message: string];

const vnic = (more: string, options = "") => `new Vnic("wire", { ${args}, ${more} }, {${options}})`;

const refused: readonly Refused[] = [
  [vnic("mtu: NaN"), "mtu: NaN is not a number that has a value"],
  [
    vnic(`routes: [{ to: "10.0.0.0/8", metric: -Infinity }]`),
    "routes[0].metric: -Infinity is not a number that has a value",
  ],
  [vnic("mtu: 1400n"), "mtu: a BigInt is no number here; give Number(value)"],
  [vnic(`mtu: Symbol("mtu")`), "mtu: a symbol is no value; give a text"],
  [vnic("mtu: () => 1400"), "mtu: a function is no value; call it, and give its result"],
  [vnic(`addresses: [() => "192.168.50.10/24"]`), "addresses[0]: a function is no value; call it, and give its result"],
  [
    vnic("labels: { made: new Date(0) }"),
    "labels.made: an object of the class Date is no data; give a text, like date.toISOString()",
  ],
  [
    vnic(`labels: new Map([["team", "shop"]])`),
    "labels: an object of the class Map is no data; give an object, like Object.fromEntries(map)",
  ],
  [vnic("addresses: new Set()"), "addresses: an object of the class Set is no data; give a list, like [...set]"],
  [
    vnic(`mac: Buffer.from("02005e100001", "hex")`),
    "mac: an object of the class Uint8Array is no data; give texts, numbers, booleans, lists and plain objects",
  ],
  [vnic("labels: cyclic"), "labels.self: contains itself; give an object without a circle"],
  [vnic("pod: lan"), "pod: a resource is no value; give one of its outputs"],
  [vnic("pod: source"), "pod: a resource is no value; give one of its outputs"],
  [
    vnic(`labels: { team: "shop\\ud800" }`),
    `labels.team: "shop\\ud800" has half of a surrogate pair, which is no character; remove it`,
  ],
  [
    vnic(`labels: { "\\udc00": "shop" }`),
    `labels: the key "\\udc00" has half of a surrogate pair, which is no character; remove it`,
  ],
  [
    vnic("", `import: "shop/wire"`),
    "the option `import`: the engine can't import dynamic resources; leave it out; a Vnic with `adopt: true` takes over an existing record",
  ],
  [
    vnic("", `provider: new pulumi.ProviderResource("pulumi", "other", {})`),
    "the option `provider`: no provider of another package can make it; leave it out; the argument `cluster` selects a cluster",
  ],
];

/** Vnics of unusual programs that are fine, each with what its planned inputs include. */
const accepted: readonly [statements: string, name: string, planned: object][] = [
  [`declare("a::b", { name: "colons" });`, "colons", {}],
  [`declare("with spaces", { name: "spaces" });`, "spaces", {}],
  [`declare("ünï-日本", { name: "unicode" });`, "unicode", {}],
  [`declare("x".repeat(200), { name: "long" });`, "long", {}],
  [`declare("promised", { mtu: Promise.resolve(1400) });`, "promised", { mtu: 1400 }],
  [
    `declare("nested", {
       pod: pulumi.output({ namespace: pulumi.output("shop"), name: Promise.resolve(pulumi.output("db-1")) }),
       addresses: [pulumi.interpolate\`192.168.50.\${pulumi.output(11)}/24\`] });`,
    "nested",
    { pod: { namespace: "shop", name: "db-1" }, addresses: ["192.168.50.11/24"] },
  ],
  [
    `declare("holes", { addresses: ["192.168.50.10/24", , "192.168.50.11/24"] });`,
    "holes",
    { addresses: ["192.168.50.10/24", "192.168.50.11/24"] },
  ],
  [
    `class Pod { constructor() { this.namespace = "shop"; this.name = "db-2"; } }
     declare("instance", { pod: new Pod() });`,
    "instance",
    { pod: { namespace: "shop", name: "db-2" } },
  ],
  [
    `declare("in-component", {}, { parent: new Shop("edited", {}, { transforms: [({ type, props, opts }) =>
       type === "pulumi-nodejs:dynamic/vnic:Vnic" ? { props: { ...props, labels: { team: "shop" } }, opts } : undefined] }) });`,
    "in-component",
    { labels: { team: "shop" } },
  ],
  [
    `declare("edited", {}, { transformations: [({ props, opts }) => ({ props: { ...props, mtu: 1300 }, opts })] });`,
    "edited",
    { mtu: 1300 },
  ],
  [`pulumi.output("applied").apply((name) => declare(name));`, "applied", {}],
  [`for (let index = 0; index < 200; index++) declare(\`loop-\${index}\`);`, "loop-199", {}],
  [
    `declare("options", { deadlines: { updateSeconds: 60 } }, { customTimeouts: { create: "10m", delete: "1h0m1.5s", update: "5m" }, additionalSecretOutputs: ["interface"], protect: true });`,
    "options",
    { deadlines: { createSeconds: 600, updateSeconds: 60, deleteSeconds: 3602 } },
  ],
];

const beginning = `
  const cyclic = {}; cyclic.self = cyclic;
  class Shop extends pulumi.ComponentResource {
    constructor(name, inputs, options) { super("test:index:Shop", name, inputs, options); }
  }
  const declare = (name, more = {}, options = {}) => new Vnic(name, { ${args}, ...more }, options);`;

describe("an unusual program", () => {
  let project: Project;
  before(async () => {
    project = await Project.create();
  });
  after(() => project.remove());

  it("gets an error at the statement with a value that the engine can't send", async () => {
    const attempts = refused.map(
      ([statement], index) => `
        try { ${statement}; pulumi.log.info("${index} accepted"); }
        catch (error) { pulumi.log.info("${index} " + pulumi.RunError.isInstance(error) + " " + error.message); }`,
    );
    await project.program(`
      ${beginning}
      const source = new Source("source", 1, 1), lan = new Network("lan", { parent: "eth1" });
      ${attempts.join("\n")}`);
    const { output } = await project.run("preview");
    for (const [index, [statement, message]] of refused.entries())
      expect(output, statement).to.include(`${index} true Vnic "wire": ${message}\n`);
  });

  it("fails with such an error alone, without a stack trace", async () => {
    for (const [value, said] of [
      ["() => 1400", "mtu: a function is no value; call it, and give its result"],
      ["Promise.resolve(new Map())", "mtu: an object of the class Map is no data"],
      ["pulumi.output(1).apply(() => NaN)", "mtu: NaN is not a number that has a value"],
    ] as const) {
      await project.program(vnic(`mtu: ${value}`));
      const { code, output, ops } = await project.run("preview");
      expect(code, value).to.not.equal(0);
      expect(ops, value).to.deep.equal({});
      expect(output, value)
        .to.include(`error: Vnic "wire": ${said}`)
        .and.not.match(/\n\s+at |unhandled/);
    }
  });

  it("is planned like a usual one if its values are fine", async () => {
    await project.program(`${beginning}\n${accepted.map(([statements]) => `{ ${statements} }`).join("\n")}`);
    const planned = await project.planned("preview");
    for (const [statements, name, inputs] of accepted) {
      expect(planned.get(name)?.op, statements).to.equal("create");
      expect(planned.get(name)?.inputs, statements).to.deep.include({ name, ...inputs });
    }
    expect([...planned.keys()].filter((name) => name.startsWith("loop-"))).to.have.length(200);
  });

  it("gets an error for each text with characters that don't show", async () => {
    await project.program(`new Vnic("a::b", { pod: { name: "db\\n0\\u001b[31m" }, network: { parent: "eth\\u0000" },
      mac: "\\u200b", labels: { team: "sh\\u202eop" }, "ma\\u202ec": 1 });`);
    const { code, output } = await project.run("preview");
    expect(code).to.not.equal(0);
    for (const quoted of [`"a::b"`, `"db\\n0\\u001b[31m"`, `"eth\\u0000"`, `"\\u200b"`, `"sh\\u202eop"`, "ma\\u202ec"])
      expect(output).to.include(quoted);
    // The engine itself prints values of whole properties.
    const said = output.replaceAll(/value \{.*?\} has a problem/gs, "");
    expect(said).to.not.match(/[^\P{C}\n\t]/u);
  });

  it("gets an error for two resources with the same record", async () => {
    await project.program(`
      ${beginning}
      declare("one", { name: "wire" });
      declare("other", { name: "wire" }, { parent: new Shop("shop") });`);
    const { code, output } = await project.run("preview");
    expect(code).to.not.equal(0);
    expect(output).to.match(
      /property name .*the resource urn:\S+Vnic::(one|other) declares the same record, Vnic shop\/wire; give one of the two another `name`/,
    );
  });

  it("has the place of each declaration in the state", async () => {
    const declarations = [
      `new Network("lan", { parent: "eth1" });`,
      vnic("mtu: 1400") + ";",
      `new VnicSet("wires", { selector: { app: "db" }, template: { network: { parent: "eth1" } } });`,
    ];
    await project.program(declarations.join("\n"));
    await project.stack.up();
    const program = (await readFile(project.file("index.js"), "utf8")).split("\n");
    const places = (await project.stack.resources())
      .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/vnic:"))
      .map(({ sourcePosition = "" }) => /^project:\/\/\/index.js#(\d+),/.exec(sourcePosition)?.[1]);
    expect(places.map((line) => program[Number(line) - 1])).to.have.members(declarations);
    await project.stack.destroy();
  });

  it("may be asynchronous, and has its edits ignored or make a replacement as its options say", async () => {
    const program = (mtu: number, options: string) => `
      const pod = { namespace: "shop" };
      module.exports = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        new Vnic("wire", { ${args}, mtu: ${mtu} }, { ${options} });
        new Vnic("beside", { ${args}, pod: { ...pod, name: "db-0" } });
      };`;
    await project.program(program(1400, ""));
    await project.stack.up();
    await project.program(program(1300, `ignoreChanges: ["mtu"]`));
    expect(await project.ops("preview")).to.deep.equal({ wire: "same", beside: "same" });
    await project.program(program(1300, `replaceOnChanges: ["mtu"]`));
    expect(await project.ops("preview")).to.deep.equal({ wire: "replace", beside: "same" });
    await project.program(program(1300, `retainOnDelete: true`));
    expect(await project.ops("preview")).to.deep.equal({ wire: "update", beside: "same" });
  });
});
