import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { longestFirst } from "../../runner/order.ts";
import { prepare } from "../../runner/preparation.ts";
import { testsFolder, type Tier, tiers } from "../../runner/tiers.ts";
import { usualTimes } from "../../runner/usual-times.ts";

/** Prepares tiers, and returns what was done in its order, what failed, and which tiers can run. */
async function prepared(...wanted: Tier[]) {
  const failures: string[] = [];
  const { ofTier, ofFile } = prepare(
    wanted.map((tier) => ({ tier, files: [`${tier.name}/a.test.ts`] })),
    { isStopped: () => false, onFailure: (what) => failures.push(what) },
  );
  const usable = await Promise.all(wanted.map(ofTier));
  const files = await Promise.all(wanted.map((tier) => ofFile(tier, `${tier.name}/a.test.ts`)));
  return { failures, usable, files };
}

describe("the preparation of tiers", () => {
  it("does one after the other: packages first, then a part of labs, the labs, the rest, and what one file needs last", async () => {
    const done: string[] = [];
    let busy = 0;
    const work = (name: string) => async () => {
      expect(++busy).to.equal(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      busy--;
      done.push(name);
    };
    const tier = (name: string, more: Partial<Tier> = {}) => ({
      name,
      timeoutSeconds: 1,
      prepare: work(name),
      ...more,
    });
    const { usable, files } = await prepared(
      tier("engine"),
      tier("kernel", { prepares: "packages" }),
      tier("lab", { usesLab: true, prepareFile: () => work("plugin") }),
      tier("api", { prepares: "a part of labs", prepareFile: () => work("kapply") }),
    );
    expect(done).to.deep.equal(["kernel", "api", "lab", "engine", "kapply", "plugin"]);
    expect(usable).to.deep.equal([true, true, true, true]);
    expect(files).to.deep.equal([true, true, true, true]);
  });

  it("lets a tier that needs nothing begin while another is still being prepared", async () => {
    const building = Promise.withResolvers<void>();
    const [unit, slow]: [Tier, Tier] = [
      { name: "unit", timeoutSeconds: 1 },
      { name: "api", timeoutSeconds: 1, prepare: () => building.promise },
    ];
    const { ofTier, end } = prepare(
      [unit, slow].map((tier) => ({ tier, files: [] })),
      { isStopped: () => false, onFailure: () => undefined },
    );
    expect(await ofTier(unit)).to.equal(true);
    let hasEnded = false;
    void end.then(() => (hasEnded = true));
    expect(hasEnded).to.equal(false);
    building.resolve();
    expect(await ofTier(slow)).to.equal(true);
    await end;
  });

  it("begins with what the longest file needs, if single files need more than their tier", async () => {
    const done: string[] = [];
    const tier = { name: "e2e", timeoutSeconds: 1, prepareFile: (file: string) => async () => done.push(file) };
    // Which one takes longer depends on the runs on this machine.
    const names = longestFirst(["provider/plan.test.ts", "e2e/interruption.test.ts"], (name) => name);
    const files = names.map((name) => join(testsFolder, name));
    await prepare([{ tier, files: files.toReversed() }], { isStopped: () => false, onFailure: () => undefined }).end;
    expect(done).to.deep.equal(files);
  });

  it("reports what fails, and prepares the others", async () => {
    const broken = () => Promise.reject(new Error("no compiler"));
    const { failures, usable, files } = await prepared(
      { name: "api", timeoutSeconds: 1, prepare: broken },
      { name: "e2e", timeoutSeconds: 1, prepareFile: () => broken },
      { name: "release", timeoutSeconds: 1, prepare: () => Promise.resolve() },
    );
    expect(failures).to.deep.equal(["preparing for tests/api", "preparing for e2e/a.test.ts"]);
    expect(usable).to.deep.equal([false, true, true]);
    expect(files).to.deep.equal([false, false, true]);
  });

  it("knows the usual times of files that exist", () => {
    const absent = Object.keys(usualTimes).filter((file) => !existsSync(join(testsFolder, file)));
    expect(absent).to.deep.equal([]);
    const names = tiers.map(({ name }) => `${name}/`);
    expect(Object.keys(usualTimes).filter((file) => !names.some((name) => file.startsWith(name)))).to.deep.equal([]);
  });
});
