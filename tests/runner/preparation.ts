import { relative } from "node:path";
import { longestFirst } from "./order.ts";
import { testsFolder, type Tier } from "./tiers.ts";

export interface TierFiles {
  readonly tier: Tier;
  readonly files: readonly string[];
}

/** What has been prepared, and what is still being prepared. */
export interface Preparation {
  /** Resolves when the tier's tests can run, with false if they can't, because that failed. */
  readonly ofTier: (tier: Tier) => Promise<boolean>;
  /** Resolves when the one file can run, which may need more than its tier. */
  readonly ofFile: (tier: Tier, file: string) => Promise<boolean>;
  /** Resolves when all is prepared that can be. */
  readonly end: Promise<void>;
}

/**
 * Prepares tiers one after the other, beside the tests of those that are prepared already: a compiler uses all
 * processors for most of its time. Debian packages come first, because they take seconds, then what each lab waits
 * for, and last what a single file needs, for the file that takes longest first.
 */
export function prepare(
  wanted: readonly TierFiles[],
  { isStopped, onFailure }: { isStopped: () => boolean; onFailure: (what: string, error: unknown) => void },
): Preparation {
  let former: Promise<unknown> = Promise.resolve();
  const inTurn = (what: string, work: () => Promise<unknown>): Promise<boolean> => {
    const result = former.then(async () => {
      if (isStopped()) return false;
      try {
        await work();
        return true;
      } catch (error) {
        onFailure(what, error);
        return false;
      }
    });
    former = result;
    return result;
  };

  const tiers = new Map<Tier, Promise<boolean>>();
  const ordered = [...wanted].sort((one, other) => rank(one.tier) - rank(other.tier));
  for (const { tier } of ordered) {
    const { name, prepare: work } = tier;
    tiers.set(tier, work ? inTurn(`preparing for tests/${name}`, work) : Promise.resolve(true));
  }
  const single = new Map<string, Promise<boolean>>();
  const files = ordered.flatMap(({ tier, files }) => files.map((file) => ({ file, work: tier.prepareFile?.(file) })));
  for (const { file, work } of longestFirst(files, ({ file }) => relative(testsFolder, file)))
    if (work) single.set(file, inTurn(`preparing for ${file}`, work));

  const ofTier = (tier: Tier): Promise<boolean> => tiers.get(tier) ?? Promise.resolve(false);
  return {
    ofTier,
    ofFile: async (tier, file) => (await ofTier(tier)) && (await (single.get(file) ?? true)),
    end: former.then(() => undefined),
  };
}

/** The place of a tier's preparation among the others. */
function rank({ prepares, usesLab = false }: Tier): number {
  if (prepares !== undefined) return prepares === "packages" ? 0 : 1;
  return usesLab ? 2 : 3;
}
