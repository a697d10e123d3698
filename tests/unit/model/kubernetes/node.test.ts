import { expect } from "chai";
import { readNode } from "../../../../provider/model/kubernetes/node.ts";
import { node } from "../../../fakes/objects.ts";

describe("a node", () => {
  it("is ready when its condition is True", () => expect(readNode(node())).to.include({ ready: true }));
  it("is not ready when its state is unknown, with the cluster's message", () =>
    expect(readNode(node({ ready: false }))).to.deep.include({
      ready: false,
      why: "Kubelet stopped posting node status.",
    }));
  it("is not ready when it has no condition yet", () =>
    expect(readNode({})).to.deep.include({ ready: false, why: "it has no Ready condition" }));
  it("is out of service when an administrator has marked it so", () => {
    const taints = [{ key: "node.kubernetes.io/out-of-service" }];
    expect(readNode({ ...node({ ready: false }), spec: { taints } })).to.include({ fenced: true });
    expect(readNode(node())).to.include({ fenced: false });
  });
});
