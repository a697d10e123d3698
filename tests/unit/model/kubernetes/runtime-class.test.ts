import { expect } from "chai";
import { sandboxWithOwnStack } from "../../../../provider/model/kubernetes/runtime-class.ts";

describe("a RuntimeClass", () => {
  for (const handler of ["runsc", "gvisor", "io.containerd.runsc.v1"])
    it(`with handler ${handler} is recognised as gVisor`, () =>
      expect(sandboxWithOwnStack("x", { handler })).to.equal("gVisor"));

  for (const handler of ["kata", "kata-qemu", "kata_clh"])
    it(`with handler ${handler} is recognised as Kata Containers`, () =>
      expect(sandboxWithOwnStack("x", { handler })).to.equal("Kata Containers"));

  for (const handler of ["runc", "crun", "nvidia", "youki"])
    it(`with handler ${handler} gives a pod its NIC`, () =>
      expect(sandboxWithOwnStack("gvisor", { handler })).to.equal(undefined));

  it("is judged by its name when only the name is known", () => {
    expect(sandboxWithOwnStack("gvisor", undefined)).to.equal("gVisor");
    expect(sandboxWithOwnStack("fast", undefined)).to.equal(undefined);
  });
});
