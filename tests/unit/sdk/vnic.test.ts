import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Network, Vnic, type VnicArgs } from "../../../sdk/index.ts";
import { recordRegistrations, type Registered } from "../../fakes/registrations.ts";

let registered: Registered[];

const args: VnicArgs = {
  pod: { namespace: "shop", name: "db-0" },
  network: { parent: "eth1" },
  addresses: ["192.168.50.10/24"],
};

/** Declares a Vnic; returns its object, its URN and the inputs that the engine got. */
async function declare(name: string, given: VnicArgs = args, options?: pulumi.CustomResourceOptions) {
  const vnic = new Vnic(name, given, options);
  const urn = await new Promise<string>((resolve) => vnic.urn.apply(resolve));
  const sent = registered.find((one) => one.type === Vnic.__pulumiType && one.name === name);
  if (!sent) throw new Error(`${name} was not registered`);
  return { vnic, urn, sent };
}

describe("a Vnic in a program", () => {
  before(async () => {
    registered = await recordRegistrations();
  });

  it("has a type token of its own, by which policies find it", async () => {
    const { urn } = await declare("wire-1");
    expect(Vnic.__pulumiType).to.equal("pulumi-nodejs:dynamic/vnic:Vnic");
    expect(urn).to.equal("urn:pulumi:dev::shop::pulumi-nodejs:dynamic/vnic:Vnic::wire-1");
  });

  it("takes a Network resource's name and its fields, so that their changes show", async () => {
    const lan = new Network("lan", { name: "lan", parent: "eth1", mtu: 1400, namespaces: ["shop"] });
    const { sent } = await declare("wire-on-lan", { ...args, network: lan });
    const said = { parent: "eth1", mtu: 1400, namespaces: ["shop"] };
    expect(sent.inputs.network).to.deep.equal({ name: "lan", definition: said });
    const named = await declare("wire-by-name", { ...args, network: "lan" });
    expect(named.sent.inputs.network).to.equal("lan");
  });

  it("has all outputs as properties", async () => {
    const { vnic } = await declare("wire-2");
    const outputs = [
      "name",
      "pod",
      "network",
      "addresses",
      "mac",
      "interfaceName",
      "mtu",
      "uid",
      "node",
      "podUid",
      "sandboxId",
      "interface",
    ] as const;
    for (const key of outputs) expect(pulumi.Output.isInstance(vnic[key]), key).to.equal(true);
  });

  it("sends a name only if one is given, as the provider knows the record's name before a rename", async () => {
    expect((await declare("wire-3")).sent.inputs).to.not.have.property("name");
    expect((await declare("wire-4", { ...args, name: "other" })).sent.inputs).to.have.property("name", "other");
  });

  it("sends only what was given, its owner and the kind of adoption", async () => {
    const { sent, urn } = await declare("wire-5");
    const { __provider, ...inputs } = sent.inputs;
    expect(JSON.parse(JSON.stringify(inputs))).to.deep.equal({ ...args, declaredBy: urn });
    expect(__provider).to.be.a("string");
  });

  it("is owned by its whole URN, also below a parent", async () => {
    class Shop extends pulumi.ComponentResource {
      constructor(name: string) {
        super("test:index:Shop", name);
      }
    }
    const { sent, urn } = await declare("wire-6", args, { parent: new Shop("shop") });
    expect(urn).to.equal("urn:pulumi:dev::shop::test:index:Shop$pulumi-nodejs:dynamic/vnic:Vnic::wire-6");
    expect(sent.inputs.declaredBy).to.equal(urn);
  });

  it("leaves the arguments unchanged", async () => {
    const own = { ...args };
    await declare("wire-7", own);
    expect(own).to.deep.equal(args);
  });

  it("is distinguished from other resources, and from values that aren't resources", async () => {
    class Other extends pulumi.dynamic.Resource {
      constructor(name: string) {
        super({ create: () => Promise.resolve({ id: "1" }) }, name, {}, undefined, "other", "Other");
      }
    }
    const { vnic } = await declare("wire-8");
    expect(Vnic.isInstance(vnic)).to.equal(true);
    for (const one of [new Other("other"), {}, undefined, null, "wire"]) expect(Vnic.isInstance(one)).to.equal(false);
  });
});
