import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../support/documents.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const { jobs } = parse(readFileSync(join(root, ".github/workflows/release.yml"), "utf8")) as {
  jobs: Readonly<Record<string, Job>>;
};
const actionsOf = ({ steps }: Job) => steps.flatMap(({ uses }) => uses?.replace(/@.*/, "") ?? []);
const linesOf = ({ steps }: Job) => steps.flatMap(({ run }) => run?.split("\n") ?? []);
const isWriter = ({ permissions }: Job) => Object.values(permissions).includes("write");
const names = (which: (job: Job) => boolean) => Object.keys(jobs).filter((name) => which(jobs[name]!));

/** Commands that install packages of npm, or run them or the checkout's own code. */
const runsOthers =
  /\bnpm (ci|i|install|exec|run|test|start|rebuild|pack)\b|\bnpx\b|(^|[\s;&|(])node\s|\bsh \S*scripts\/|\.\/scripts\//;

describe("the workflow `release`", () => {
  it("gives jobs that run code of npm packages no permission but to read, and leaves them no credentials", () => {
    const installing = names((job) => linesOf(job).some((line) => runsOthers.test(line)));
    expect(installing).to.have.members(["context", "files"]);
    for (const name of installing) {
      expect(jobs[name]!.permissions, name).to.deep.equal({ contents: "read" });
      expect(JSON.stringify(jobs[name]), name).to.not.match(/github\.token|secrets\./);
    }
  });

  it("has one job that may sign and publish, which has nothing but the files that other jobs made", () => {
    expect(names(({ permissions }) => permissions["id-token"] === "write")).to.deep.equal(["publish"]);
    expect(names(({ permissions }) => permissions["contents"] === "write")).to.deep.equal(["publish"]);
    expect(actionsOf(jobs["publish"]!)).to.have.members([
      "actions/setup-node",
      "actions/setup-go",
      "actions/download-artifact",
    ]);
    const commands = linesOf(jobs["publish"]!).map((line) => line.trim().split(" ").slice(0, 2).join(" "));
    expect(new Set(commands.filter(Boolean))).to.deep.equal(
      new Set([
        ...["cd dist/release", "docker login", "go install", "cosign sign", "cosign sign-blob"],
        ...["helm registry", "helm push", "npm publish", "gh release"],
      ]),
    );
    expect(linesOf(jobs["publish"]!).filter((line) => line.includes("npm "))).to.match(
      /^npm publish --ignore-scripts /,
    );
  });

  it("has jobs with a time limit, that may write only what they need", () => {
    expect(names(isWriter)).to.have.members(["image", "publish"]);
    // Its rules hold even if the commit of a tag changes this workflow, where the registry asks for the environment.
    expect(names(({ environment }) => environment === "release")).to.have.members(["image", "publish"]);
    expect(jobs["image"]!.permissions).to.deep.equal({ contents: "read", packages: "write" });
    for (const [name, job] of Object.entries(jobs)) {
      expect(job["timeout-minutes"], name).to.be.a("number");
      for (const { uses, with: given } of job.steps)
        if (uses?.startsWith("actions/checkout@")) expect(given, name).to.include({ "persist-credentials": false });
    }
  });

  it("takes nothing of the checkout for the image but the file that names what builds it", () => {
    const { steps } = jobs["image"]!;
    const checkout = steps.find(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkout?.with).to.include({ "sparse-checkout": ".github/builder" });
    const [build] = steps.flatMap(({ run }) => run ?? []);
    expect(build).to.include('--driver-opt "image=$builder"').and.include('generator=$scanner"');
    expect(build).to.not.match(/--sbom|--provenance true/);
  });

  it("puts no value of the event into a command, where it would be read as code", () => {
    for (const [name, job] of Object.entries(jobs))
      for (const line of linesOf(job)) expect(line, name).to.not.include("${{");
  });

  it("signs and publishes only after the files were made with the image that was pushed", () => {
    expect([jobs["image"], jobs["files"], jobs["publish"]].map((job) => [job!.needs].flat())).to.deep.equal([
      ["context"],
      ["image"],
      ["image", "files"],
    ]);
    for (const name of ["files", "publish"])
      expect(jobs[name]!.env).to.include({ DIGEST: "${{ needs.image.outputs.digest }}" });
    const order = ["sha256sum --check --strict", "cosign sign ", "helm push", "npm publish", "gh release create"];
    const at = order.map((command) => linesOf(jobs["publish"]!).findIndex((line) => line.includes(command)));
    expect(at)
      .to.deep.equal([...at].sort((one, other) => one - other))
      .and.not.include(-1);
  });
});
