import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../support/documents.ts";

interface Step {
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, ".github/workflows");
const textOf = (file: string): string => readFileSync(join(folder, file), "utf8");
const read = (file: string) => parse(textOf(file)) as Workflow;
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

describe("the workflows of this repository", () => {
  for (const file of readdirSync(folder)) {
    it(`pin every action by its full commit, with its version in a comment: ${file}`, () => {
      const actions = [...textOf(file).matchAll(/uses: (.*)/g)].map(([, action]) => action);
      expect(actions).not.to.be.empty;
      for (const action of actions) expect(action).to.match(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`grant no permission to all jobs, and never run a fork's code with write permission: ${file}`, () => {
      expect(read(file).permissions).to.deep.equal({});
      expect(read(file).on).not.to.have.property("pull_request_target");
    });
  }

  for (const file of ["check.yml", "lab.yml"]) {
    const { jobs, on } = read(file);
    const steps = Object.values(jobs).flatMap(({ steps }) => steps);

    it(`run on each pull request with a time limit and read-only permissions: ${file}`, () => {
      expect(on).to.have.property("pull_request");
      for (const job of Object.values(jobs)) {
        expect(job.permissions).to.deep.equal({ contents: "read" });
        expect(job["timeout-minutes"]).to.be.a("number");
      }
      for (const { with: given } of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
        expect(given).to.include({ "persist-credentials": false });
    });

    it(`run only scripts of package.json and existing tests: ${file}`, () => {
      const commands = steps.flatMap(({ run }) => run ?? []);
      expect(commands).not.to.be.empty;
      for (const command of commands) {
        const [, script] = /^npm run ([\w:-]+)$/.exec(command) ?? [];
        const [, tests] = /^npm test -- (\w+|"\$TESTS")( --no-skips)?$/.exec(command) ?? [];
        if (script !== undefined) expect(Object.keys(scripts)).to.include(script);
        else if (tests === undefined) expect(command).to.equal("npm ci");
        else if (tests !== '"$TESTS"') expect(existsSync(join(root, "tests", tests)), command).to.equal(true);
      }
    });
  }

  it("install packages without running their scripts", () => {
    expect(readFileSync(join(root, ".npmrc"), "utf8")).to.match(/^ignore-scripts=true$/m);
    expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).to.deep.equal([]);
  });

  it("review the dependencies of each pull request, and check the signatures of all packages", () => {
    const { steps } = read("check.yml").jobs["supply-chain"]!;
    const review = steps.find(({ uses }) => uses?.startsWith("actions/dependency-review-action@"));
    expect(review).to.deep.include({ if: "github.event_name == 'pull_request'" });
    const [install, signatures] = ["npm ci", "npm run check:signatures"].map((command) =>
      steps.findIndex(({ run }) => run === command),
    );
    expect(install).to.be.within(0, signatures! - 1);
    expect(steps[signatures!]).to.not.have.property("if");
    expect(scripts["check:signatures"]).to.equal("npm audit signatures");
  });

  it("check types and lint, and run the quick tests, on several versions of Node.js", () => {
    const { check, unit, kernel } = read("check.yml").jobs;
    for (const job of [check, unit, kernel]) expect(job?.strategy?.matrix["node"]).to.include.members([22, 24]);
  });

  it("run every folder of tests", () => {
    const named = [...textOf("check.yml").matchAll(/npm test -- (\w+)/g)].map(([, name]) => name);
    const { matrix } = read("lab.yml").jobs["lab"]?.strategy ?? { matrix: {} };
    const folders = readdirSync(join(root, "tests"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) =>
        readdirSync(join(root, "tests", name), { recursive: true, encoding: "utf8" }).some((file) =>
          file.endsWith(".test.ts"),
        ),
      );
    const covered = [...named, ...(matrix["tests"] ?? [])];
    expect(folders.filter((folder) => !covered.includes(folder))).to.deep.equal([]);
  });
});
