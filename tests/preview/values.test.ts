import { expect } from "chai";
import { Project } from "./project.ts";

const pod = `pod: { namespace: "shop", name: "db-0" }, network: { parent: "eth1" }`;

describe("values from programs", () => {
  let project: Project;
  beforeEach(async () => {
    project = await Project.create();
  });
  afterEach(() => project.remove());

  it("may be null when not given, and texts for numbers and booleans", async () => {
    await project.program(`
      new Vnic("wire", { ${pod}, addresses: ["192.168.50.10/24", null], mtu: "1400", slaac: "true", labels: null, dhcp: null,
        deadlines: { createSeconds: "60", deleteSeconds: null }, routes: [{ to: "10.0.0.0/8", via: null, metric: "5" }] });
      new Network("lan", { parent: "eth1", vlan: "5", mtu: null, parents: null });
      new VnicSet("wires", { selector: { app: "db" }, workload: null, template: { network: "lan", mtu: "1400" }, addresses: null });`);
    await project.stack.up();
    const [wire] = await project.stack.vnics();
    expect(wire?.inputs).to.deep.include({
      addresses: ["192.168.50.10/24"],
      mtu: 1400,
      slaac: true,
      deadlines: { createSeconds: 60, updateSeconds: 120, deleteSeconds: 120 },
      routes: [{ to: "10.0.0.0/8", metric: 5 }],
    });
    expect(wire?.inputs).to.not.have.any.keys("labels", "dhcp");
    await project.stack.must("preview", "--expect-no-changes");
  });

  it("make derived values secret when they are secret", async () => {
    await project.program(`
      const wire = new Vnic("wire", { ${pod}, addresses: [pulumi.secret("192.168.50.77/24")], mac: pulumi.secret("02:00:5e:10:00:77") });
      const open = new Vnic("open", { ${pod}, addresses: ["192.168.50.78/24"] });
      exports.interface = wire.interface;
      exports.open = open.interface;`);
    const said = await project.stack.up();
    const again = await project.stack.must("preview", "--json", "--expect-no-changes");
    const exported = await project.stack.must("stack", "export");
    for (const text of [said, again, exported]) {
      expect(text).to.not.match(/192\.168\.50\.77|02:00:5e:10:00:77/);
    }
    expect(said).to.match(/interface: \[secret\]/);
    expect(exported).to.include("192.168.50.78");
  });

  it("are shortened in errors", async () => {
    // Each resource is previewed separately, because the engine may stop at the first invalid one.
    const resources: [statement: string, words: RegExp[]][] = [
      [
        `new Vnic("wire", { ${pod}, addresses: [long], mac: long, interfaceName: long, name: long, mtu: long });`,
        [/is longer than the 63 characters of a MAC address/, /is longer than the 63 characters of a CIDR address/],
      ],
      [`new Network("lan", { parent: long, gateways: [long] });`, [/is longer than the 63 characters of what names/]],
    ];
    for (const [statement, words] of resources) {
      await project.program(`const long = "x".repeat(1_000_000); ${statement}`);
      const { code, output } = await project.run("preview");
      expect(code).to.not.equal(0);
      for (const word of words) expect(output).to.match(word);
      expect(output.length).to.be.below(20_000);
    }
  });

  it("may come from another stack", async () => {
    const outputs = `exports.net = { parent: "eth1" }; exports.addresses = ["192.168.50.10/24"];`;
    await project.program(outputs);
    await project.stack.up();
    await project.program(`
      const other = new pulumi.StackReference("organization/vnic-preview/test");
      new Vnic("wire", { pod: { namespace: "shop", name: "db-0" }, addresses: other.requireOutput("addresses"),
        network: { parent: other.requireOutput("net").apply((net) => net.parent) }, mtu: other.getOutput("none") });
      ${outputs}`);
    expect(await project.ops("preview")).to.deep.equal({ wire: "create" });
    await project.stack.up();
    await project.stack.must("preview", "--expect-no-changes");
  });
});
