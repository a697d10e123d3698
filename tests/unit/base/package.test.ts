import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultImage, minNodeVersion, packageVersion } from "../../../provider/base/package.ts";

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "..", "package.json"), "utf8")) as {
  version: string;
  engines: { node: string };
};

describe("the package", () => {
  it("has the same version in code and in package.json", () => expect(packageVersion).to.equal(manifest.version));
  it("requires the same Node.js version in code and in package.json", () =>
    expect(`>=${minNodeVersion.join(".")}`).to.equal(manifest.engines.node));
  it("names the image of its own version", () =>
    expect(defaultImage).to.equal(`localhost/pulumi-vnic-node:${manifest.version}`));
});
