import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");
const plan = join(root, "tests", "fixtures", "plan", "changes.json");
const comment = readFileSync(plan.replace(".json", ".md"), "utf8");

function cli(argv: string[], input = ""): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "provider", "cli", "main.ts"), ...argv], {
    input,
    encoding: "utf8",
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  return { status, stdout, stderr };
}

describe("pulumi-vnic", () => {
  it("plan prints the comment of a preview in a file", () =>
    expect(cli(["plan", plan])).to.deep.equal({ status: 0, stdout: comment, stderr: "" }));

  it("plan prints the comment of a preview on stdin", () =>
    expect(cli(["plan"], readFileSync(plan, "utf8")).stdout).to.equal(comment));

  it("plan --json prints the same as data", () =>
    expect(JSON.parse(cli(["plan", "--json", plan]).stdout)).to.include({ formatVersion: 1, stack: "shop/dev" }));

  it("plan fails on what is no preview, and says what to give", () => {
    const { status, stdout, stderr } = cli(["plan"], "Previewing update (dev)");
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: "" });
    expect(stderr).to.equal(`pulumi-vnic: reading stdin: it is not JSON; give the output of "pulumi preview --json"\n`);
  });

  it("manifests prints a list for kubectl", () =>
    expect(JSON.parse(cli(["manifests"]).stdout)).to.include({ apiVersion: "v1", kind: "List" }));

  it("manifests leaves out the parts that it is told to", () => {
    const { stdout } = cli(["manifests", "--without", "crds", "--without", "provider"]);
    const { items } = JSON.parse(stdout) as { items: { kind: string }[] };
    expect(items.map(({ kind }) => kind))
      .to.include("Namespace")
      .and.not.include("CustomResourceDefinition");
  });

  it("manifests knows its parts", () =>
    expect(cli(["manifests", "--without", "crd"]).stderr).to.match(
      /^pulumi-vnic: --without: "crd" is not a part; parts are namespace, crds, /,
    ));

  for (const argv of [[], ["plans"], ["plan", "a", "b"], ["manifests", "x"]])
    it(`shows its usage for ${JSON.stringify(argv.join(" "))}`, () => {
      const { status, stderr } = cli(argv);
      expect(status).to.equal(2);
      expect(stderr).to.match(/^usage: pulumi-vnic manifests/);
    });
});
