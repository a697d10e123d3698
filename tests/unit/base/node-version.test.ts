import { expect } from "chai";
import { refuseOldNode } from "../../../provider/base/node-version.ts";

describe("Node.js", () => {
  for (const version of ["22.19.0", "22.23.3", "23.0.0", "24.1.0", "100.0.0"])
    it(`is accepted in version ${version}`, () => expect(() => refuseOldNode(version)).to.not.throw());
  for (const version of ["18.20.0", "20.20.2", "22.18.9", "22.2.0"])
    it(`is refused in version ${version}, with the version to use`, () =>
      expect(() => refuseOldNode(version)).to.throw(
        `Node.js ${version} is too old for the Kubernetes client: put Node.js 22.19 or newer first on PATH`,
      ));
});
