import { hashNumber } from "../names.ts";
import { addressAt, type AddressRange, freeSpans, indexOf, sizeOf } from "../schema/range.ts";

/** The name of a pod that needs addresses; for a pod of a StatefulSet, also its ordinal. */
export interface Claimant {
  readonly pod: string;
  readonly ordinal?: number;
}

export interface Allocation {
  /** One address of each range, by pod. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** The pods without an address, in the order in which they will get addresses that become free. */
  readonly waiting: readonly string[];
}

/**
 * Gives each claimant one address of each range: its preferred one, or the next free one. The preferred index is the
 * pod's ordinal, or else a hash of its name, so that a pod of the same name gets its former address again without any
 * stored state, unless that is in use. No address is given twice, nor any that is `taken`.
 */
export function allocate(
  ranges: readonly AddressRange[],
  claimants: readonly Claimant[],
  taken: readonly string[],
): Allocation {
  const pools = ranges.map((range) => openPool(range, taken));
  const addresses = new Map<string, string[]>();
  const waiting: string[] = [];
  for (const claimant of claimants) {
    // All or nothing: a pod with only some of its addresses would block them for others.
    if (pools.some((pool) => pool.isEmpty())) waiting.push(claimant.pod);
    else
      addresses.set(
        claimant.pod,
        pools.map((pool) => pool.take(claimant)),
      );
  }
  return { addresses, waiting };
}

function openPool(range: AddressRange, taken: readonly string[]) {
  const spans = freeSpans(range);
  const size = sizeOf(spans);
  /** For each used index, where to continue the search for a free one. */
  const onward = new Map<bigint, bigint>();
  const use = (index: bigint) => onward.set(index, (index + 1n) % size);
  for (const address of taken) {
    const index = indexOf(range, spans, address);
    if (index !== undefined) use(index);
  }
  return {
    isEmpty: () => BigInt(onward.size) >= size,
    take: ({ pod, ordinal }: Claimant): string => {
      const index = findEnd(onward, (ordinal === undefined ? hashNumber(`address:${pod}`) : BigInt(ordinal)) % size);
      use(index);
      return addressAt(range, spans, index);
    },
  };
}

/**
 * The end of the search path from an index. The path is shortened for later searches, so that an almost full range
 * isn't scanned each time.
 */
function findEnd(onward: Map<bigint, bigint>, from: bigint): bigint {
  const passed: bigint[] = [];
  let at = from;
  for (let next = onward.get(at); next !== undefined; next = onward.get(at)) {
    passed.push(at);
    at = next;
  }
  for (const address of passed) onward.set(address, at);
  return at;
}

/** The addresses if they can stay unchanged: one of each range, in the order of the ranges, with its prefix length. */
export function canKeep(ranges: readonly AddressRange[], addresses: readonly string[]): boolean {
  return (
    addresses.length === ranges.length &&
    ranges.every((range, at) => {
      const spans = freeSpans(range);
      const index = indexOf(range, spans, addresses[at] ?? "");
      return index !== undefined && addressAt(range, spans, index) === addresses[at];
    })
  );
}
