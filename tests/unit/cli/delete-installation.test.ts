import { expect } from "chai";
import { deleteInstallation } from "../../../provider/cli/delete-installation.ts";
import type { RawApi } from "../../../provider/cluster/raw-api.ts";
import { type Manifest, pathOf } from "../../../provider/model/platform/manifest.ts";
import { platformManifests } from "../../../provider/model/platform/platform.ts";

const everything = platformManifests({ image: "node-image", openshift: true, networkStatus: true });

/** An API server that has these objects. `onDelete` is called with those that are left after each deletion. */
function apiWith(objects: readonly Manifest[], onDelete: (left: readonly Manifest[]) => void): RawApi {
  const left = new Map(objects.map((one) => [pathOf(one), one]));
  const refuse = () => Promise.reject(new Error("not for this test"));
  return {
    ...{ server: "", post: refuse, measure: refuse },
    get: <T>(path: string) => Promise.resolve(left.get(path) as T | undefined),
    delete: async (path) => {
      const isThere = left.delete(path);
      onDelete([...left.values()]);
      return isThere;
    },
  };
}

describe("the deletion of an installation", () => {
  const ofKind = (objects: readonly Manifest[], kind: RegExp) => objects.filter((one) => kind.test(one.kind));

  it("deletes all objects, and leaves no right without the policies that limit it at any time", async () => {
    const policies = ofKind(everything, /^ValidatingAdmissionPolicy/);
    expect(policies.length).to.be.greaterThan(10);
    let last = everything;
    await deleteInstallation(
      apiWith(everything, (left) => {
        last = left as Manifest[];
        if (ofKind(left, /^(Cluster)?RoleBinding$/).length > 0) expect(left).to.include.members(policies);
      }),
      () => undefined,
    );
    expect(last).to.deep.equal([]);
  });

  it("deletes the kinds of records last", async () => {
    const states: (readonly Manifest[])[] = [];
    await deleteInstallation(
      apiWith(everything, (left) => states.push(left)),
      () => undefined,
    );
    const crds = ofKind(everything, /^CustomResourceDefinition$/);
    const others = (left: readonly Manifest[]) => left.length - ofKind(left, /^CustomResourceDefinition$/).length;
    for (const left of states) if (others(left) > 0) expect(left).to.include.members(crds);
  });
});
