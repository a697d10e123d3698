import { maxLength, maxItems } from "../../provider/model/schema/bounds.ts";

/* Definitions in which one part has a given size. */

/** The limit of one part of a spec, and a function that makes a spec in which the part has a given size. */
export interface Bound {
  readonly kind: "Vnic" | "VnicSet" | "VnicNetwork";
  /** The property that a preview names if the part is too large. */
  readonly property: string;
  readonly limit: number;
  /** Fields of a spec in which the part has `size` items or characters. */
  readonly of: (size: number) => object;
}

const text = (size: number) => "a".repeat(size);
const times = <T>(size: number, item: (index: number) => T) => Array.from({ length: size }, (_, index) => item(index));
const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
const entries = (size: number) => Object.fromEntries(times(size, (index) => [`key${index}`, "value"]));
const range = { cidr: "10.0.0.0/8" };

const ofVnic: readonly (readonly [property: string, limit: number, of: (size: number) => object])[] = [
  ["addresses", maxItems.addresses, (size) => ({ addresses: times(size, (index) => `${address(index + 1)}/8`) })],
  [
    "routes",
    maxItems.routes,
    (size) => ({ routes: times(size, (index) => ({ to: `11.0.${index >> 8}.${index & 255}` })) }),
  ],
  ["gateways", maxItems.gateways, (size) => ({ gateways: times(size, (index) => address(index + 1)) })],
  [
    "defaultRoute.except",
    maxItems.exceptions,
    (size) => ({ defaultRoute: { except: times(size, (index) => address(index + 1)) } }),
  ],
  ["addresses[0]", maxLength.address, (size) => ({ addresses: [text(size)] })],
  ["routes[0].to", maxLength.address, (size) => ({ routes: [{ to: text(size) }] })],
  ["routes[0].via", maxLength.address, (size) => ({ routes: [{ to: "10.1.0.0/16", via: text(size) }] })],
  ["gateways[0]", maxLength.address, (size) => ({ gateways: [text(size)] })],
  ["defaultRoute.except[0]", maxLength.address, (size) => ({ defaultRoute: { except: [text(size)] } })],
  ["mac", maxLength.mac, (size) => ({ mac: text(size) })],
  ["dhcp.hostname", maxLength.hostname, (size) => ({ dhcp: { hostname: text(size) } })],
  ["network.parent", maxLength.parent, (size) => ({ network: { parent: text(size) } })],
  ["network.name", maxLength.labelName, (size) => ({ network: { name: text(size) } })],
  [
    "network.networkAttachmentDefinition",
    maxLength.attachment,
    (size) => ({ network: { networkAttachmentDefinition: text(size) } }),
  ],
  ["pod.name", maxLength.objectName, (size) => ({ pod: { name: text(size) } })],
];

const ofSet: typeof ofVnic = [
  ["addresses", maxItems.ranges, (size) => ({ addresses: times(size, () => range) })],
  [
    "addresses[0].exclude",
    maxItems.exclusions,
    (size) => ({ addresses: [{ ...range, exclude: times(size, (index) => address(index + 1)) }] }),
  ],
  ["addresses[0].exclude[0]", maxLength.span, (size) => ({ addresses: [{ ...range, exclude: [text(size)] }] })],
  ["addresses[0].cidr", maxLength.address, (size) => ({ addresses: [{ cidr: text(size) }] })],
  ["addresses[0].from", maxLength.address, (size) => ({ addresses: [{ ...range, from: text(size) }] })],
  ["addresses[0].to", maxLength.address, (size) => ({ addresses: [{ ...range, to: text(size) }] })],
  ["selector", maxItems.labels, (size) => ({ selector: entries(size) })],
  ["selector.app", maxLength.labelValue, (size) => ({ selector: { app: text(size) } })],
  [
    "workload.name",
    maxLength.objectName,
    (size) => ({ selector: undefined, workload: { kind: "Deployment", name: text(size) } }),
  ],
  ["template.labels", maxItems.labels, (size) => ({ template: { network: { name: "lan" }, labels: entries(size) } })],
  [
    "template.routes",
    maxItems.routes,
    (size) => ({
      template: {
        network: { name: "lan" },
        routes: times(size, (index) => ({ to: `11.0.${index >> 8}.${index & 255}` })),
      },
    }),
  ],
];

const ofNetwork: typeof ofVnic = [
  ["parent", maxLength.parent, (size) => ({ parent: text(size) })],
  [
    "parents",
    maxItems.parents,
    (size) => ({ parents: times(size, (index) => ({ nodes: { rack: `${index}` }, parent: "eth1" })) }),
  ],
  ["parents[0].nodes", maxItems.labels, (size) => ({ parents: [{ nodes: entries(size), parent: "eth1" }] })],
  ["parents[0].parent", maxLength.parent, (size) => ({ parents: [{ nodes: { rack: "1" }, parent: text(size) }] })],
  ["gateways", maxItems.gateways, (size) => ({ gateways: times(size, (index) => address(index + 1)) })],
  ["gateways[0]", maxLength.address, (size) => ({ gateways: [text(size)] })],
  ["ranges", maxItems.ranges, (size) => ({ ranges: times(size, () => range) })],
  [
    "ranges[0].exclude",
    maxItems.exclusions,
    (size) => ({ ranges: [{ ...range, exclude: times(size, (index) => address(index + 1)) }] }),
  ],
  ["namespaces", maxItems.namespaces, (size) => ({ namespaces: times(size, (index) => `team-${index}`) })],
  ["namespaces[0]", maxLength.labelName, (size) => ({ namespaces: [text(size)] })],
  ["macPrefixes", maxItems.macPrefixes, (size) => ({ macPrefixes: times(size, () => "02:00:5e") })],
  ["macPrefixes[0]", maxLength.mac, (size) => ({ macPrefixes: [text(size)] })],
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
