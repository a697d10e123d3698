import { expect } from "chai";
import { VnicError } from "../../../provider/base/errors.ts";
import { selectVnics, type VnicScope } from "../../../provider/cli/examine-scope.ts";
import type { RawApi } from "../../../provider/cluster/raw-api.ts";
import { annotations } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";

describe("doctor examines the Vnics", () => {
  const vnic = (name: string, pod: string, more: { node?: string; ready?: boolean; network?: string } = {}) => {
    const { node, ready = node !== undefined, network } = more;
    const placed = node === undefined ? {} : { [annotations.node]: node, [annotations.podUid]: "u" };
    const condition = { type: "Ready", status: ready ? "True" : "False", reason: "Any", observedGeneration: 1 };
    return {
      metadata: { namespace: "shop", name, generation: 1, annotations: placed },
      spec: { pod: { name: pod }, network: network === undefined ? { parent: "eth1" } : { name: network } },
      status: { conditions: [condition] },
    } as unknown as StoredVnic;
  };
  const vnics = [
    vnic("ready", "db-0", { node: "n1", network: "lan" }),
    vnic("elsewhere", "db-1", { node: "n2" }),
    vnic("refused", "db-0", { network: "lan" }),
    vnic("too", "db-0"),
    vnic("refused-elsewhere", "db-1"),
    vnic("podless", "none"),
    vnic("moving", "db-0", { node: "n2", ready: false }),
    vnic("odd", "../secrets", {}),
  ];
  const pods: Record<string, string> = { "db-0": "n1", "db-1": "n2" };
  let reads: string[];
  beforeEach(() => (reads = []));
  const get = async (path: string): Promise<unknown> => {
    reads.push(path);
    const node = pods[path.replace("/api/v1/namespaces/shop/pods/", "")];
    return node === undefined ? undefined : { spec: { nodeName: node } };
  };
  const names = async (scope: VnicScope, answer = get) =>
    (await selectVnics({ get: answer as RawApi["get"] }, vnics, scope)).map(({ metadata }) => metadata.name);

  it("of the whole cluster without an option", async () => expect(await names({})).to.have.length(vnics.length));
  it("of a node, and those that wait for a NIC in one of its pods, and reads each pod once", async () => {
    expect(await names({ node: "n1" })).to.deep.equal(["ready", "refused", "too", "moving"]);
    expect(reads).to.have.length(3);
  });
  it("of a Network", async () => {
    expect(await names({ network: "lan" })).to.deep.equal(["ready", "refused"]);
    expect(await names({ network: "lan", node: "n2" })).to.deep.equal([]);
  });
  it("of a pod", async () => {
    expect(await names({ pod: "shop/db-1" })).to.deep.equal(["elsewhere", "refused-elsewhere"]);
    expect(await names({ pod: "other/db-1" })).to.deep.equal([]);
  });
  it("that may be on the node, if the account may not read pods", async () => {
    const forbidden = () => Promise.reject(new VnicError("forbidden", "no"));
    const found = await names({ node: "n1" }, forbidden);
    expect(found).to.include("refused-elsewhere");
    expect(found).to.not.include("elsewhere");
  });
});
