import { expect } from "chai";
import { deriveInterfaceName, deriveMac } from "../../provider/model/names.ts";
import { renderPlan } from "../../provider/model/plan/markdown.ts";
import { reportPlan } from "../../provider/model/plan/report.ts";
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
      const wire = new Vnic("wire", { ${pod}, addresses: [pulumi.secret("192.168.50.77/24")], mac: pulumi.secret("02-00-5E-10-00-77") });
      const named = new Vnic("named", { pod: pulumi.secret({ namespace: "shop", name: "pod-77" }), network: { parent: pulumi.secret("eth77") } });
      const lan = new Network("lan", { parent: pulumi.secret("eth77") });
      new VnicSet("wires", { selector: { app: pulumi.secret("app-77") }, template: { network: lan, mtu: pulumi.secret(1477) } });
      const open = new Vnic("open", { ${pod}, addresses: ["192.168.50.78/24"] });
      exports.all = [wire.interface, named.interface, named.mac, named.lease, named.addresses, lan.parent];
      exports.open = open.interface;`);
    const run = (...words: string[]) => project.stack.must(...words);
    const plan = await run("preview", "--json");
    const said = [plan, renderPlan(reportPlan(plan, "the preview"))];
    for (const command of ["up", "refresh"])
      said.push(await run(command, "--yes", "--skip-preview", "--diff"), await run("stack", "export"));
    const derived = [deriveMac, deriveInterfaceName].map((derive) => derive({ namespace: "shop", name: "named" }));
    const leased = "192.168.50.150";
    const plain = ["192.168.50.77", "10-00-77", "10:00:77", "1477", "eth77", "pod-77", "app-77", leased, ...derived];
    const text = said.join("\n").toLowerCase();
    expect(plain.filter((value) => text.includes(value))).to.deep.equal([]);
    expect(text)
      .to.include("192.168.50.78")
      .and.match(/all +: \[\n +\[0\]: \[secret\]/);
  });

  it("aren't in errors when they are secret", async () => {
    await project.program(`new Vnic("wire", { ${pod}, addresses: [pulumi.secret("192.168.50.277/24")] });`);
    const { code, stdout, stderr } = await project.stack.pulumi("preview", "--json");
    expect(code).to.not.equal(0);
    const comment = renderPlan(reportPlan(stdout, "the preview"));
    expect(stdout + stderr + comment).to.not.include("50.277");
    // The comment escapes brackets.
    expect(comment).to.match(/addresses.*is not a CIDR address/);
  });

  it("are shortened in errors", async () => {
    // Each resource is previewed separately, because the engine may stop at the first invalid one.
    const resources: [statement: string, words: RegExp[]][] = [
      [
        `new Vnic("wire", { ${pod}, addresses: [long], mac: long, interfaceName: long, name: long, mtu: long });`,
        [/is longer than the 63 characters of a MAC address/, /is longer than the 63 characters of a CIDR address/],
      ],
      [`new Network("lan", { parent: long, gateways: [long] });`, [/is longer than the 63 characters of what names/]],
      [
        `new VnicSet("wires", { selector: { app: long }, template: { network: long, addresses: [long] }, addresses: [long] });`,
        [/is longer than the 63 characters of a label value/],
      ],
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
