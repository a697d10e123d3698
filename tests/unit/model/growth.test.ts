import { expect } from "chai";
import { routingDrift, routingSteps, wantedEntries } from "../../../provider/model/link/routing.ts";
import { setRanges, termProblems } from "../../../provider/model/network/terms.ts";
import { type AddressRange, freeSpans, indexOf } from "../../../provider/model/schema/range.ts";
import { allocate } from "../../../provider/model/vnic-set/allocation.ts";
import { expand, type ExpansionInput } from "../../../provider/model/vnic-set/expansion.ts";
import { isSelected, statefulOrdinalOf, type WorkloadObject } from "../../../provider/model/vnic-set/selection.ts";
import { setStatusOf } from "../../../provider/model/vnic-set/status.ts";
import { parseSetDefinition } from "../../../provider/model/vnic-set/definition.ts";
import { difference } from "../../../provider/model/vnic/diff.ts";
import { parseDefinition } from "../../../provider/model/vnic/definition.ts";
import { definition, uid } from "../../fakes/objects.ts";
import { member, statefulSet, vnicSet } from "../../fakes/vnic-sets.ts";
import { growth } from "../../support/work.ts";

/**
 * The allowed factor of work for twice the size: 2 if linear, with a margin for logarithms; quadratic growth would be
 * 4.
 */
const linear = 2.6;

const times = <T>(size: number, item: (index: number) => T) => Array.from({ length: size }, (_, index) => item(index));
const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
/** A range that excludes every other address, so that it has `size` spans. */
const holed = (size: number): AddressRange => ({
  cidr: "10.0.0.0/8",
  exclude: times(size, (index) => address(2 * index + 1)).sort(),
});
const ofWorkload = vnicSet({ workload: { kind: "StatefulSet", name: "db" } }).spec;
const routes = (size: number) =>
  times(size, (index) => ({ to: `11.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32` }));
const routed = (size: number) =>
  wantedEntries({
    vnic: { uid: uid(1), namespace: "shop", name: "wire" },
    interfaceName: "net1",
    addresses: ["192.168.50.10/24"],
    routing: { routes: routes(size), gateways: ["192.168.50.1"], replyVia: "vnic" },
  });

/** An operation, the size at which it is measured, and its setup. */
const table: [what: string, size: number, prepare: (size: number) => unknown, run: (prepared: never) => unknown][] = [
  ["free spans between holes", 4000, holed, (range: AddressRange) => freeSpans(range)],
  [
    "the position of an address in each of many spans",
    4000,
    (size) => ({ range: holed(size), size }),
    ({ range, size }: { range: AddressRange; size: number }) =>
      times(size, (index) => indexOf(range, freeSpans(range), address(2 * index + 2))),
  ],
  [
    "allocation from a nearly full range",
    2000,
    (size) => ({
      range: { cidr: "10.0.0.0/8", from: address(1), to: address(size) },
      taken: times(size / 2, (index) => `${address(index + 1)}/8`),
      claimants: times(size / 2, (index) => ({ pod: `pod-${index}`, ordinal: 0 })),
    }),
    ({
      range,
      taken,
      claimants,
    }: {
      range: AddressRange;
      taken: string[];
      claimants: { pod: string; ordinal: number }[];
    }) => allocate([range], claimants, taken),
  ],
  ["a Vnic's wanted routes", 4000, (size) => size, (size: number) => routed(size)],
  [
    "wanted routes and existing routes",
    4000,
    (size) => [routed(size), routed(size + 1)] as const,
    ([one, other]: readonly [ReturnType<typeof routed>, ReturnType<typeof routed>]) => [
      routingSteps(one, other),
      routingDrift(one, other),
    ],
  ],
  [
    "a definition with routes",
    512,
    (size) => ({ name: "wire", pod: { name: "db-0" }, network: { name: "lan" }, routes: routes(size) }),
    (inputs: object) => parseDefinition(inputs),
  ],
  [
    "a definition with addresses",
    64,
    (size) => ({
      name: "w",
      pod: { name: "p" },
      network: { name: "l" },
      addresses: times(size, (at) => `${address(at + 1)}/8`),
    }),
    (inputs: object) => parseDefinition(inputs),
  ],
  [
    "the difference of two definitions with routes",
    4000,
    (size) => [definition({ routes: routes(size) }), definition({ routes: routes(size) })] as const,
    ([one, other]: readonly [ReturnType<typeof definition>, ReturnType<typeof definition>]) => difference(one, other),
  ],
  [
    "a set with excluded addresses",
    1024,
    (size) => ({
      name: "set",
      selector: { app: "db" },
      template: { network: { name: "lan" } },
      addresses: [holed(size)],
    }),
    (inputs: object) => parseSetDefinition(inputs),
  ],
  [
    "a network's terms for a Vnic",
    1024,
    (size) => ({ mode: "macvlan" as const, name: "lan", ranges: [holed(size)] }),
    (network: Parameters<typeof termProblems>[0]) => [
      termProblems(network, { ...definition({ addresses: times(64, (at) => `${address(2 * at + 2)}/8`) }) }),
      setRanges(network, undefined),
    ],
  ],
  [
    "the expansion of a set over pods",
    400,
    (size) => times(size, (index) => member(`db-${index}`)),
    (pods: ReturnType<typeof member>[]) =>
      expand({
        set: vnicSet({ addresses: [{ cidr: "10.0.0.0/8" }] }),
        pods,
        vnics: [],
        others: [],
        workload: undefined,
        statefulSets: [],
        ranges: [{ cidr: "10.0.0.0/8" }],
      }),
  ],
  [
    "the selection of a workload's pods by as many values, beside as many StatefulSets",
    2000,
    (size) => {
      const values = times(size, (index) => `other-${index}`);
      const { metadata, spec } = statefulSet(size);
      const selector = { matchExpressions: [{ key: "app", operator: "NotIn" as const, values }] };
      return {
        pods: times(size, (index) => member(`db-${index}`)),
        workload: { metadata, spec: { ...spec, selector } },
        statefulSets: times(size, (index) => statefulSet(1, `set-${index}`)),
      };
    },
    ({ pods, workload, statefulSets }: Pick<ExpansionInput, "pods" | "statefulSets"> & { workload: WorkloadObject }) =>
      pods.map((pod) => [
        isSelected(ofWorkload, workload, pod),
        statefulOrdinalOf(pod.metadata?.name ?? "", statefulSets),
      ]),
  ],
  [
    "the status of a set that changes all its Vnics",
    400,
    (size) => {
      const set = vnicSet({ addresses: [{ cidr: "10.0.0.0/8" }] });
      const pods = times(size, (index) => member(`db-${index}`));
      const more = { vnics: [], others: [], workload: undefined, statefulSets: [], ranges: [{ cidr: "10.0.0.0/8" }] };
      return { set, expansion: expand({ set, pods, ...more }) };
    },
    ({ set, expansion }: { set: ReturnType<typeof vnicSet>; expansion: ReturnType<typeof expand> }) =>
      setStatusOf(set, expansion, false, new Date(0)),
  ],
];

describe("the work grows in proportion to", () => {
  for (const [what, size, prepare, run] of table)
    it(`${what}, up to ${size}`, async () => {
      expect(await growth(size, prepare as (size: number) => never, run)).to.be.within(1, linear);
    });
});
