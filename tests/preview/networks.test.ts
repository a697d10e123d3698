import { expect } from "chai";
import { Project } from "./project.ts";

const pod = `pod: { namespace: "shop", name: "db-0" }, addresses: ["192.168.50.10/24"]`;

/** A Network, and each way in which its outputs and those of a Vnic can be inputs. */
function program(network: string): string {
  return `
    const lan = new Network("lan", ${network});
    const wire = new Vnic("wire", { ${pod}, network: lan });
    new Vnic("beside", { ${pod}, network: { parent: "eth1", vlan: lan.vlan }, mtu: lan.mtu, gateways: lan.gateways });
    new Vnic("after", { pod: wire.pod, network: wire.network, addresses: wire.addresses, mtu: wire.mtu, labels: wire.labels });
    new Vnic("read", { ${pod}, network: Network.get("known", "wan") });
    new VnicSet("wires", { selector: { app: "db" }, template: { network: lan, mtu: lan.mtu } });
    exports.mtu = lan.mtu;
    exports.lease = wire.lease;
    exports.drift = wire.drift;
    exports.parent = lan.parent;`;
}

describe("a Network and its Vnics", () => {
  let project: Project;
  before(async () => {
    project = await Project.create();
    await project.program(program(`{ parent: "eth1" }`));
    await project.stack.up();
  });
  after(() => project.remove());

  const plan = () => project.file("plan.json");
  const changesOf = (ops: Record<string, string>) =>
    Object.fromEntries(Object.entries(ops).filter(([, op]) => op !== "same" && op !== "read"));

  it("plan no change when nothing has changed, with a saved plan, too", async () => {
    await project.stack.must("preview", "--expect-no-changes", "--save-plan", plan());
    await project.stack.must("up", "--yes", "--skip-preview", "--expect-no-changes", "--plan", plan());
    await project.stack.must("preview", "--refresh", "--expect-no-changes");
  });

  it("plan an update and are updated when the Network's MTU is given and when it is changed", async () => {
    for (const mtu of [1400, 1300]) {
      await project.program(program(`{ parent: "eth1", mtu: ${mtu} }`));
      const planned = await project.ops("preview", "--save-plan", plan());
      const all = { lan: "update", wire: "update", beside: "update", after: "update", wires: "update" };
      expect(changesOf(planned)).to.deep.equal(all);
      expect(await project.ops("up", "--yes", "--skip-preview", "--plan", plan())).to.deep.equal(planned);
      await project.stack.must("preview", "--expect-no-changes");
    }
  });

  it("are planned only as far as targets and exclusions select them", async () => {
    await project.program(program(`{ parent: "eth1", mtu: 1280 }`));
    const urn = (kind: string, name: string) =>
      `urn:pulumi:test::vnic-preview::pulumi-nodejs:dynamic/vnic:${kind}::${name}`;
    expect(changesOf(await project.ops("preview", "--target", urn("Network", "lan")))).to.deep.equal({ lan: "update" });
    expect(changesOf(await project.ops("preview", "--target", urn("Vnic", "wire")))).to.deep.equal({});
    expect(changesOf(await project.ops("preview", "--exclude", urn("Vnic", "after")))).to.deep.equal({
      lan: "update",
      wire: "update",
      beside: "update",
      wires: "update",
    });
  });

  it("plan a replacement and are replaced when the Network's parent changes", async () => {
    await project.program(program(`{ parent: "eth2", mtu: 1300 }`));
    const planned = await project.ops("preview", "--save-plan", plan());
    expect(changesOf(planned)).to.deep.equal({ lan: "update", wire: "replace", after: "replace" });
    expect(await project.ops("up", "--yes", "--skip-preview", "--plan", plan())).to.deep.equal(planned);
    await project.stack.must("preview", "--expect-no-changes");
  });

  it("are destroyed after running the program, too", () =>
    project.stack.must("destroy", "--yes", "--skip-preview", "--run-program"));
});
