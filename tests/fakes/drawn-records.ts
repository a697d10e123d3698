import type { StoredVnic } from "../../provider/model/vnic/record.ts";

/** The time at which the records are drawn. */
export const now = new Date("2026-01-01T12:00:00Z");

/** A record as an API server has it, with all that a drawing shows. */
export function record(index: number, more: { name?: string; ready?: boolean; network?: object } = {}): StoredVnic {
  const {
    name = `app-${index}-wire`,
    ready = true,
    network = { parent: `eth${1 + (index % 3)}`, mode: "macvlan" },
  } = more;
  return {
    metadata: {
      namespace: `team-${index % 4}`,
      name,
      generation: 1,
      creationTimestamp: "2026-01-01T11:00:00Z",
      annotations: { "pulumi-vnic.dev/node": `node${1 + (index % 7)}`, "pulumi-vnic.dev/pod-uid": "x" },
    },
    spec: { pod: { name: `app-${Math.floor(index / 2)}` }, network, addresses: [`192.168.${index % 250}.10/24`] },
    status: {
      node: `node${1 + (index % 7)}`,
      interface: {
        name: `net${index}`,
        mac: "02:00:00:00:00:01",
        mtu: 1500,
        addresses: [`192.168.${index % 250}.10/24`],
        up: true,
      },
      conditions: [
        {
          type: "Ready",
          status: ready ? "True" : "False",
          reason: ready ? "Attached" : "ParentDown",
          message: "",
          observedGeneration: 1,
        },
      ],
    },
  } as unknown as StoredVnic;
}

/** Records of 200 Vnics on seven nodes and three networks, some of which have a problem. */
export const many = Array.from({ length: 200 }, (_, index) => record(index, { ready: index % 17 !== 0 }));
