import { expect } from "chai";
import { defaultImage } from "../../../provider/base/package.ts";
import { readSettings, refuseOldNode } from "../../../provider/hooks/settings.ts";

const config = (values: Record<string, string>) => ({ get: (key: string) => values[key] });

describe("settings", () => {
  const before = process.env.VNIC_IMAGE;
  beforeEach(() => delete process.env.VNIC_IMAGE);
  after(() => {
    if (before === undefined) delete process.env.VNIC_IMAGE;
    else process.env.VNIC_IMAGE = before;
  });

  it("are the defaults when the stack says nothing", () =>
    expect(readSettings(config({}))).to.deep.equal({ image: defaultImage }));

  it("come from the stack's configuration, by full key", () => {
    const values = { "vnic:kubeconfig": "/a", "vnic:context": "b", "vnic:image": "c", kubeconfig: "not this one" };
    expect(readSettings(config(values))).to.deep.equal({ kubeconfig: "/a", context: "b", image: "c" });
  });

  it("take the image from the environment when the stack names none", () => {
    process.env.VNIC_IMAGE = "from/env:1";
    expect(readSettings(config({})).image).to.equal("from/env:1");
    expect(readSettings(config({ "vnic:image": "c" })).image).to.equal("c");
  });
});

describe("Node.js", () => {
  for (const version of ["22.19.0", "22.23.3", "23.0.0", "24.1.0", "100.0.0"])
    it(`is new enough when it is ${version}`, () => expect(() => refuseOldNode(version)).to.not.throw());
  for (const version of ["18.20.0", "20.20.2", "22.18.9", "22.2.0"])
    it(`is refused, with the version to use, when it is ${version}`, () =>
      expect(() => refuseOldNode(version)).to.throw(
        `Node.js ${version} is too old for the Kubernetes client: put Node.js 22.19 or newer first on PATH`,
      ));
});
