import { hashNumber } from "../names.ts";
import { addressAt, type AddressRange, freeSpans, indexOf, sizeOf } from "../schema/range.ts";

/** A pod that needs addresses, by name; a pod of a StatefulSet has an ordinal, too. */
export interface Claimant {
  readonly pod: string;
  readonly ordinal?: number;
}

export interface Allocation {
  /** One address of each range, by pod. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** The pods for which there is none left, in the order in which they will get the next ones freed. */
  readonly waiting: readonly string[];
}

/**
 * Gives each claimant one address of each range: the one that its name stands for, or the next one that is free. That one
 * is the ordinal's place in the range, else a hash's, so that a pod name that comes back finds its former address, if
 * nobody has taken it meanwhile, though nothing was remembered. No address is given twice, nor one that is `taken`.
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
    // All or nothing: a pod with half of its addresses would hold what another one waits for.
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
  /** From each place that is used, where to look on for a free one. */
  const onward = new Map<bigint, bigint>();
  const use = (index: bigint) => onward.set(index, (index + 1n) % size);
  for (const address of taken) {
    const index = indexOf(range, spans, address);
    if (index !== undefined) use(index);
  }
  return {
    isEmpty: () => BigInt(onward.size) >= size,
    take: ({ pod, ordinal }: Claimant): string => {
      const index = end(onward, (ordinal === undefined ? hashNumber(`address:${pod}`) : BigInt(ordinal)) % size);
      use(index);
      return addressAt(range, spans, index);
    },
  };
}

/** Where the way from a place ends. The way is shorter for the next one, so that a range that is nearly full isn't searched whole each time. */
function end(onward: Map<bigint, bigint>, from: bigint): bigint {
  const passed: bigint[] = [];
  let at = from;
  for (let next = onward.get(at); next !== undefined; next = onward.get(at)) {
    passed.push(at);
    at = next;
  }
  for (const place of passed) onward.set(place, at);
  return at;
}

/** The addresses that may stay as they are: one of each range, in its order, with its prefix length. */
export function keeps(ranges: readonly AddressRange[], addresses: readonly string[]): boolean {
  return (
    addresses.length === ranges.length &&
    ranges.every((range, at) => {
      const spans = freeSpans(range);
      const index = indexOf(range, spans, addresses[at] ?? "");
      return index !== undefined && addressAt(range, spans, index) === addresses[at];
    })
  );
}
