import { expect } from "chai";
import { durationWords, rowOf } from "../../../../provider/model/overview/row.ts";
import type { StoredVnic } from "../../../../provider/model/vnic/record.ts";

const now = new Date("2026-01-01T12:00:00Z");
const ready = { type: "Ready", status: "True", reason: "Attached", message: "", observedGeneration: 1 };

function record(more: { metadata?: object; status?: object } = {}): StoredVnic {
  return {
    metadata: {
      namespace: "shop",
      name: "db-wire",
      generation: 1,
      creationTimestamp: "2026-01-01T11:30:00Z",
      annotations: { "pulumi-vnic.dev/node": "node1", "pulumi-vnic.dev/pod-uid": "x" },
      ...more.metadata,
    },
    spec: { pod: { name: "db-0" }, network: { parent: "eth1", mode: "macvlan" }, addresses: ["192.168.50.10/24"] },
    ...(more.status ? { status: more.status } : {}),
  } as unknown as StoredVnic;
}

describe("the row of a Vnic", () => {
  it("has everything that is known when it is ready", () =>
    expect(
      rowOf(
        record({
          status: {
            node: "node1",
            interface: { name: "net1", addresses: ["192.168.50.10/24", "192.168.50.99/24"] },
            lease: { expiresAt: "2026-01-01T12:25:00Z" },
            conditions: [ready],
          },
        }),
        now,
      ),
    ).to.deep.equal({
      namespace: "shop",
      name: "db-wire",
      pod: "db-0",
      node: "node1",
      network: "eth1 (macvlan)",
      interface: "net1",
      addresses: ["192.168.50.10/24", "192.168.50.99/24"],
      lease: "25m left",
      condition: "Ready",
      healthy: true,
      age: "30m",
    }));

  it("has the requested values of a Vnic that hasn't been realised yet", () =>
    expect(rowOf(record(), now)).to.include({
      node: "node1",
      interface: "",
      condition: "Waiting",
      healthy: false,
      lease: "",
    }));

  const cases: [string, Parameters<typeof record>[0], string][] = [
    ["being deleted", { metadata: { deletionTimestamp: "x" }, status: { conditions: [ready] } }, "Deleting"],
    ["not ready", { status: { conditions: [{ ...ready, status: "False", reason: "ParentDown" }] } }, "ParentDown"],
    [
      "edited since its status was written",
      { metadata: { generation: 2 }, status: { conditions: [ready] } },
      "Updating",
    ],
    [
      "ready, with an address conflict",
      { status: { conditions: [ready, { type: "AddressesUnique", status: "False", reason: "AddressConflict" }] } },
      "AddressConflict",
    ],
  ];
  for (const [what, more, expected] of cases)
    it(`has the problem when it is ${what}`, () =>
      expect(rowOf(record(more), now)).to.include({ condition: expected, healthy: false }));

  it("has an expired lease", () =>
    expect(
      rowOf(record({ status: { lease: { expiresAt: "2026-01-01T11:59:00Z" }, conditions: [ready] } }), now).lease,
    ).to.equal("expired"));

  for (const [seconds, words] of [
    [-3, "0s"],
    [119, "119s"],
    [120, "2m"],
    [7199, "119m"],
    [7200, "2h"],
    [172_800, "2d"],
  ] as const)
    it(`shows ${seconds} s as ${words}`, () => expect(durationWords(seconds * 1000)).to.equal(words));
});
