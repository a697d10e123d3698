import { longest, most } from "../../provider/model/schema/bounds.ts";

/* Definitions in which one part has a given size. */

/** A bound: how to make a spec with a part of that size, and the message if it is exceeded. */
export interface Bound {
  readonly kind: "Vnic" | "VnicSet" | "VnicNetwork";
  /** The property at which a preview reports it. */
  readonly property: string;
  readonly limit: number;
  /** Fields of a spec in which the part has that many items or characters. */
  readonly of: (size: number) => object;
}

const text = (size: number) => "a".repeat(size);
const times = <T>(size: number, item: (index: number) => T) => Array.from({ length: size }, (_, index) => item(index));
const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
const entries = (size: number) => Object.fromEntries(times(size, (index) => [`key${index}`, "value"]));
const range = { cidr: "10.0.0.0/8" };

const ofVnic: readonly (readonly [property: string, limit: number, of: (size: number) => object])[] = [
  ["addresses", most.addresses, (size) => ({ addresses: times(size, (index) => `${address(index + 1)}/8`) })],
  [
    "routes",
    most.routes,
    (size) => ({ routes: times(size, (index) => ({ to: `11.0.${index >> 8}.${index & 255}` })) }),
  ],
  ["gateways", most.gateways, (size) => ({ gateways: times(size, (index) => address(index + 1)) })],
  [
    "defaultRoute.except",
    most.exceptions,
    (size) => ({ defaultRoute: { except: times(size, (index) => address(index + 1)) } }),
  ],
  ["addresses[0]", longest.address, (size) => ({ addresses: [text(size)] })],
  ["routes[0].to", longest.address, (size) => ({ routes: [{ to: text(size) }] })],
  ["routes[0].via", longest.address, (size) => ({ routes: [{ to: "10.1.0.0/16", via: text(size) }] })],
  ["gateways[0]", longest.address, (size) => ({ gateways: [text(size)] })],
  ["defaultRoute.except[0]", longest.address, (size) => ({ defaultRoute: { except: [text(size)] } })],
  ["mac", longest.mac, (size) => ({ mac: text(size) })],
  ["dhcp.hostname", longest.hostname, (size) => ({ dhcp: { hostname: text(size) } })],
  ["network.parent", longest.parent, (size) => ({ network: { parent: text(size) } })],
  ["network.name", longest.labelName, (size) => ({ network: { name: text(size) } })],
  [
    "network.networkAttachmentDefinition",
    longest.attachment,
    (size) => ({ network: { networkAttachmentDefinition: text(size) } }),
  ],
  ["pod.name", longest.objectName, (size) => ({ pod: { name: text(size) } })],
];

const ofSet: typeof ofVnic = [
  ["addresses", most.ranges, (size) => ({ addresses: times(size, () => range) })],
  [
    "addresses[0].exclude",
    most.exclusions,
    (size) => ({ addresses: [{ ...range, exclude: times(size, (index) => address(index + 1)) }] }),
  ],
  ["addresses[0].exclude[0]", longest.span, (size) => ({ addresses: [{ ...range, exclude: [text(size)] }] })],
  ["addresses[0].cidr", longest.address, (size) => ({ addresses: [{ cidr: text(size) }] })],
  ["addresses[0].from", longest.address, (size) => ({ addresses: [{ ...range, from: text(size) }] })],
  ["addresses[0].to", longest.address, (size) => ({ addresses: [{ ...range, to: text(size) }] })],
  ["selector", most.labels, (size) => ({ selector: entries(size) })],
  ["selector.app", longest.labelValue, (size) => ({ selector: { app: text(size) } })],
  [
    "workload.name",
    longest.objectName,
    (size) => ({ selector: undefined, workload: { kind: "Deployment", name: text(size) } }),
  ],
  ["template.labels", most.labels, (size) => ({ template: { network: { name: "lan" }, labels: entries(size) } })],
  [
    "template.routes",
    most.routes,
    (size) => ({
      template: {
        network: { name: "lan" },
        routes: times(size, (index) => ({ to: `11.0.${index >> 8}.${index & 255}` })),
      },
    }),
  ],
];

const ofNetwork: typeof ofVnic = [
  ["parent", longest.parent, (size) => ({ parent: text(size) })],
  [
    "parents",
    most.parents,
    (size) => ({ parents: times(size, (index) => ({ nodes: { rack: `${index}` }, parent: "eth1" })) }),
  ],
  ["parents[0].nodes", most.labels, (size) => ({ parents: [{ nodes: entries(size), parent: "eth1" }] })],
  ["parents[0].parent", longest.parent, (size) => ({ parents: [{ nodes: { rack: "1" }, parent: text(size) }] })],
  ["gateways", most.gateways, (size) => ({ gateways: times(size, (index) => address(index + 1)) })],
  ["gateways[0]", longest.address, (size) => ({ gateways: [text(size)] })],
  ["ranges", most.ranges, (size) => ({ ranges: times(size, () => range) })],
  [
    "ranges[0].exclude",
    most.exclusions,
    (size) => ({ ranges: [{ ...range, exclude: times(size, (index) => address(index + 1)) }] }),
  ],
  ["namespaces", most.namespaces, (size) => ({ namespaces: times(size, (index) => `team-${index}`) })],
  ["namespaces[0]", longest.labelName, (size) => ({ namespaces: [text(size)] })],
  ["macPrefixes", most.macPrefixes, (size) => ({ macPrefixes: times(size, () => "02:00:5e") })],
  ["macPrefixes[0]", longest.mac, (size) => ({ macPrefixes: [text(size)] })],
];

const right = {
  Vnic: { pod: { name: "db-0" }, network: { name: "lan" } },
  VnicSet: { selector: { app: "db" }, template: { network: { name: "lan" } } },
  VnicNetwork: { mode: "macvlan", parent: "eth1" },
} as const;

/** Each bounded list and text of each kind's spec. */
export const bounds: readonly Bound[] = (
  [
    ["Vnic", ofVnic],
    ["VnicSet", ofSet],
    ["VnicNetwork", ofNetwork],
  ] as const
).flatMap(([kind, all]) =>
  all.map(([property, limit, of]) => ({
    kind,
    property,
    limit,
    of: (size: number) =>
      Object.fromEntries(Object.entries({ ...right[kind], ...of(size) }).filter(([, value]) => value !== undefined)),
  })),
);
