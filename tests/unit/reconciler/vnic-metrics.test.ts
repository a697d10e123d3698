import { expect } from "chai";
import { Registry } from "prom-client";
import type { PodObject } from "../../../provider/model/kubernetes/pod.ts";
import type { Condition } from "../../../provider/model/vnic/conditions.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { registerVnicMetrics } from "../../../provider/reconciler/vnic-metrics.ts";
import { storedVnic } from "../../fakes/objects.ts";
import { FakeVnicRecords } from "../../fakes/vnic-records.ts";

const at = (minute: number) => `2026-11-29T03:${minute}:00Z`;

function vnic(conditions: readonly Partial<Condition>[], more: object = {}): StoredVnic {
  const whole = conditions.map((one) => ({ status: "False", message: "", lastTransitionTime: at(10), ...one }));
  return { ...storedVnic(), status: { conditions: whole, ...more } as NonNullable<StoredVnic["status"]> };
}

function agent(node: string, ready: "True" | "False"): PodObject {
  return {
    metadata: {
      namespace: "vnic-system",
      name: `agent-${node}`,
      ownerReferences: [{ kind: "DaemonSet", name: "vnic-agent" }],
    },
    spec: { nodeName: node },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}

async function linesOf(records: FakeVnicRecords, pods: readonly PodObject[] = []) {
  const register = new Registry();
  registerVnicMetrics(register).show(records, { list: () => pods });
  return async () => (await register.metrics()).split("\n").filter((line) => /^vnic_\w+(\{|_total )/.test(line));
}

const lost = { type: "LeaseBound", reason: "LeaseLost" } as const;
const none = ["vnic_lease_losses_total 0", "vnic_address_conflicts_total 0"];

describe("the metrics of Vnics", () => {
  it("show each False condition with its reason, as long as it is False", async () => {
    const records = new FakeVnicRecords(
      vnic([
        { type: "Ready", reason: "PodPending" },
        { type: "Attached", status: "True" },
      ]),
    );
    const lines = await linesOf(records);
    const shown = 'vnic_condition_false{vnic="shop/db-wire",condition="Ready",reason="PodPending"} 1';
    expect(await lines()).to.deep.equal([shown, ...none]);
    records.change(vnic([{ type: "Ready", status: "True", reason: "Attached" }]));
    expect(await lines()).to.deep.equal(none);
  });

  it("name the nodes that have leases but no ready agent", async () => {
    const lease = { address: "192.168.50.10/24" };
    const records = new FakeVnicRecords(
      ...["a", "b", "c"].map((node) => vnic([], { node, lease })),
      vnic([], { node: "d" }),
    );
    const lines = await linesOf(records, [agent("a", "True"), agent("b", "False")]);
    expect(await lines()).to.deep.equal(['vnic_agent_missing{node="b"} 1', 'vnic_agent_missing{node="c"} 1', ...none]);
  });

  it("count each lost lease and each conflict once, but not those from before the start", async () => {
    const records = new FakeVnicRecords(vnic([lost]));
    const lines = await linesOf(records);
    const totals = async () => (await lines()).filter((line) => line.includes("_total"));
    records.change(vnic([lost]));
    expect(await totals()).to.deep.equal(none);
    records.change(vnic([{ ...lost, lastTransitionTime: at(20) }]));
    records.change(
      vnic([
        { ...lost, lastTransitionTime: at(20) },
        { type: "AddressesUnique", reason: "AddressConflict" },
      ]),
    );
    expect(await totals()).to.deep.equal(["vnic_lease_losses_total 1", "vnic_address_conflicts_total 1"]);
    records.change(vnic([{ type: "LeaseBound", status: "True", reason: "Bound" }]));
    records.change(vnic([{ ...lost, lastTransitionTime: at(30) }]));
    expect((await totals())[0]).to.equal("vnic_lease_losses_total 2");
  });
});
