import { expect } from "chai";
import { Project } from "./project.ts";

const args = `pod: { namespace: "shop", name: "db-0" }, network: { parent: "eth1" }, addresses: ["192.168.50.10/24"]`;

/** Plans for resources that are renamed or moved. */
describe("a resource under another name", () => {
  let project: Project;
  before(async () => {
    project = await Project.create();
    await project.program(`
      new Vnic("wire", { ${args} });
      new Vnic("named", { ${args}, name: "as-told" });
      new Network("lan", { parent: "eth1" });
      new VnicSet("wires", { selector: { app: "db" }, template: { network: "lan" } });`);
    await project.stack.up();
  });
  after(() => project.remove());

  it("below a component with an alias has no change", async () => {
    await project.program(`
      class Shop extends pulumi.ComponentResource { constructor() { super("test:index:Shop", "shop"); } }
      const options = { parent: new Shop(), aliases: [{ parent: undefined }] };
      new Vnic("wire", { ${args} }, options);
      new Vnic("named", { ${args}, name: "as-told" }, options);
      new Network("lan", { parent: "eth1" }, options);
      new VnicSet("wires", { selector: { app: "db" }, template: { network: "lan" } }, options);`);
    const ops = await project.ops("preview");
    expect(new Set(Object.values(ops))).to.deep.equal(new Set(["same"]));
  });

  it("has another record when another name is given", async () => {
    await project.program(`
      new Vnic("wire", { ${args}, name: "other" });
      new Vnic("named", { ${args}, name: "as-told" });
      new Network("lan", { parent: "eth1", name: "wan" });
      new VnicSet("wires", { selector: { app: "db" }, template: { network: "lan" }, name: "others" });`);
    expect(await project.ops("preview")).to.deep.equal({
      wire: "replace",
      named: "same",
      lan: "replace",
      wires: "replace",
    });
  });

  it("with an alias has no change, and keeps its record's name, MAC and interface name", async () => {
    await project.program(`
      new Vnic("wire-2", { ${args} }, { aliases: [{ name: "wire" }] });
      new Vnic("named-2", { ${args}, name: "as-told" }, { aliases: [{ name: "named" }] });
      new Network("lan-2", { parent: "eth1" }, { aliases: [{ name: "lan" }] });
      new VnicSet("wires-2", { selector: { app: "db" }, template: { network: "lan" } }, { aliases: [{ name: "wires" }] });`);
    await project.stack.must("preview", "--expect-no-changes");
    expect(await project.stack.up("--expect-no-changes")).to.match(/5 unchanged/);
    // A second rename keeps the existing record, too.
    await project.program(`
      new Vnic("wire-3", { ${args} }, { aliases: [{ name: "wire-2" }] });
      new Vnic("named-2", { ${args}, name: "as-told" });
      new Network("lan-2", { parent: "eth1" });
      new VnicSet("wires-2", { selector: { app: "db" }, template: { network: "lan" } });`);
    await project.stack.must("preview", "--expect-no-changes");
  });
});
