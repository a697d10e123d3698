import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { defaultImage, platformManifests } from "../../../provider/cli/manifests.ts";
import { Platform, type PlatformArgs } from "../../../sdk/index.ts";
import { recordRegistrations, type Registered } from "../../fakes/registrations.ts";

const byDigest = `registry.example/pulumi-vnic-node@sha256:${"ab".repeat(32)}`;

describe("a Platform in a program", () => {
  let registered: Registered[];

  before(async () => {
    registered = await recordRegistrations();
  });

  /** The resources that a Platform registers with the engine: itself first, then its objects. */
  async function declare(args?: PlatformArgs): Promise<Registered[]> {
    registered.length = 0;
    const platform = new Platform("vnic", args);
    await new Promise((resolve) => platform.urn.apply(resolve));
    const expected = platformManifests({ image: "any", without: args?.without ?? [] }).length;
    while (registered.length < expected + 1) await new Promise((resolve) => setTimeout(resolve, 5));
    return [...registered];
  }

  const objectsIn = (all: readonly Registered[]) => all.filter(({ type }) => type.startsWith("kubernetes:"));

  it("is a component that installs what `pulumi-vnic manifests` prints", async () => {
    const all = await declare();
    expect(all.filter(({ type }) => type === "vnic:index:Platform").map(({ name }) => name)).to.deep.equal(["vnic"]);
    expect(objectsIn(all).map(({ inputs }) => inputs)).to.have.deep.members(platformManifests({ image: defaultImage }));
  });

  it("has a resource for each object, with the type from @pulumi/kubernetes and a unique name", async () => {
    const objects = objectsIn(await declare());
    expect(objects.map(({ type }) => type)).to.include.members([
      "kubernetes:core/v1:Namespace",
      "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    ]);
    expect(objects.map(({ name }) => name)).to.include("vnic-namespace-vnic-system");
    const urns = objects.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(urns).size).to.equal(urns.length);
  });

  it("accepts an image by digest, also as the output of another resource", async () => {
    const expected = platformManifests({ image: byDigest });
    for (const image of [byDigest, pulumi.output(byDigest)])
      expect(objectsIn(await declare({ image })).map(({ inputs }) => inputs)).to.have.deep.members(expected);
  });

  it("leaves out the parts in `without`", async () => {
    const objects = objectsIn(await declare({ without: ["crds", "provider"] }));
    expect(objects.map(({ inputs }) => inputs)).to.have.deep.members(
      platformManifests({ image: defaultImage, without: ["crds", "provider"] }),
    );
  });

  it("refuses to leave out an unknown part", () =>
    expect(() => new Platform("other", { without: ["crd" as "crds"] })).to.throw(
      /"crd" is not a part; parts are namespace, crds/,
    ));
});
