import { expect } from "chai";
import { type LabFreeOptions, runLabFree } from "../../runner/lab-free.ts";
import type { Job, Outcome } from "../../runner/job.ts";
import type { TierFiles } from "../../runner/preparation.ts";
import type { Tier } from "../../runner/tiers.ts";

const tierOf = (name: string, more: Partial<Tier> = {}): Tier => ({ name, timeoutSeconds: 1, ...more });
const filesOf = (tier: Tier, ...names: string[]): TierFiles => ({
  tier,
  files: names.map((name) => `${tier.name}/${name}`),
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Starts a run whose jobs end when the test says so. */
function start(wanted: readonly TierFiles[], more: Partial<LabFreeOptions> = {}) {
  const underWay = new Map<string, () => void>();
  const options: LabFreeOptions = {
    preparation: { ofTier: async () => true, ofFile: async () => true, end: Promise.resolve() },
    jobFor: (_, files) => ({ name: files.join(" "), files }) as Job,
    besideLabs: true,
    onOutcome: () => undefined,
    isStopped: () => false,
    onRoom: () => undefined,
    run: (job) => new Promise<Outcome>((resolve) => underWay.set(job.name, () => resolve({} as Outcome))),
    ...more,
  };
  const end = runLabFree(wanted, options);
  return {
    end,
    running: async () => {
      await settled();
      return [...underWay.keys()];
    },
    finish: (name: string) => {
      underWay.get(name)?.();
      underWay.delete(name);
    },
  };
}

describe("the tiers that need no lab", () => {
  it("run two files that compute beside three that mostly wait, and begin with a tier before the former has ended", async () => {
    const { running, finish, end } = start([
      filesOf(tierOf("provider"), "a", "b", "c"),
      filesOf(tierOf("kernel", { mostlyWaits: true }), "a", "b", "c", "d"),
      filesOf(tierOf("preview"), "a"),
    ]);
    const waiting = ["kernel/a", "kernel/b", "kernel/c"];
    expect(await running()).to.have.members(["provider/a", "provider/b", ...waiting]);
    finish("provider/b");
    finish("kernel/a");
    expect(await running()).to.have.members(["provider/a", "provider/c", ...waiting.slice(1), "kernel/d"]);
    finish("provider/c");
    expect(await running()).to.include.members(["provider/a", "preview/a"]);
    for (const name of await running()) finish(name);
    await end;
  });

  it("run five that mostly wait if no labs work beside them", async () => {
    const kernel = filesOf(tierOf("kernel", { mostlyWaits: true }), "a", "b", "c", "d", "e", "f");
    const { running } = start([kernel], { besideLabs: false });
    expect(await running()).to.have.members(kernel.files.slice(0, 5));
  });

  it("let others pass a file that isn't prepared, and leave out one that can't be", async () => {
    const building = new Map([
      ["api/slow", Promise.withResolvers<boolean>()],
      ["api/broken", Promise.withResolvers<boolean>()],
    ]);
    const api = tierOf("api", {
      processes: 1,
      prepareFile: (file) => (building.has(file) ? () => Promise.resolve() : undefined),
    });
    const { running, finish, end } = start(
      [filesOf(api, "a", "slow", "b", "broken"), filesOf(tierOf("release"), "a")],
      {
        preparation: {
          ofTier: async () => true,
          ofFile: async (_, file) => building.get(file)?.promise ?? true,
          end: Promise.resolve(),
        },
      },
    );
    expect(await running()).to.have.members(["api/a api/b", "release/a"]);
    finish("release/a");
    building.get("api/broken")?.resolve(false);
    expect(await running()).to.deep.equal(["api/a api/b"]);
    building.get("api/slow")?.resolve(true);
    expect(await running()).to.have.members(["api/a api/b", "api/slow"]);
    for (const name of await running()) finish(name);
    await end;
  });

  it("say that there is room when the files that compute or those that wait have ended", async () => {
    let rooms = 0;
    const { running, finish, end } = start(
      [filesOf(tierOf("provider"), "a"), filesOf(tierOf("kernel", { mostlyWaits: true }), "a")],
      { onRoom: () => rooms++ },
    );
    await running();
    expect(rooms).to.equal(0);
    finish("kernel/a");
    expect(await running()).to.deep.equal(["provider/a"]);
    expect(rooms).to.equal(1);
    finish("provider/a");
    await end;
  });

  it("begin no file when the run is stopped", async () => {
    const { running, end } = start([filesOf(tierOf("provider"), "a")], { isStopped: () => true });
    await end;
    expect(await running()).to.deep.equal([]);
  });
});
