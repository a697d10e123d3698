import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { packageVersion } from "../../../provider/base/package.ts";
import { commandLine } from "../../../provider/cli/command-line.ts";
import { asOldNode, commandScript } from "../../support/command-line.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const plan = join(root, "tests", "fixtures", "plan", "changes.json");
const comment = readFileSync(plan.replace(".json", ".md"), "utf8");

const read = (file: string): unknown => parse(readFileSync(file, "utf8"));

function cli(
  argv: readonly string[],
  input = "",
  { env = {}, nodeOptions = [] }: { env?: NodeJS.ProcessEnv; nodeOptions?: readonly string[] } = {},
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, commandScript, ...argv], {
    input,
    encoding: "utf8",
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
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

  it("plan fails on input that isn't a preview, and says what to give", () => {
    const { status, stdout, stderr } = cli(["plan"], "Previewing update (dev)");
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: "" });
    expect(stderr).to.equal(`pulumi-vnic: reading stdin: it is not JSON; give the output of "pulumi preview --json"\n`);
  });

  it("manifests prints a list for kubectl", () =>
    expect(JSON.parse(cli(["manifests"]).stdout)).to.include({ apiVersion: "v1", kind: "List" }));

  it("manifests leaves out the parts of --without", () => {
    const { stdout } = cli(["manifests", "--without", "crds", "--without", "provider"]);
    const { items } = JSON.parse(stdout) as { items: { kind: string }[] };
    expect(items.map(({ kind }) => kind))
      .to.include("Namespace")
      .and.not.include("CustomResourceDefinition");
  });

  it("manifests rejects unknown parts and lists the known ones", () => {
    const { status, stderr } = cli(["manifests", "--without", "crd"]);
    expect(status).to.equal(2);
    expect(stderr).to.match(/^pulumi-vnic: option '--without <part>' .* parts are namespace, crds, /);
  });

  it("manifests --split writes a file for each object, and a kustomization that names all of them", () => {
    const folder = mkdtempSync(join(tmpdir(), "vnic-manifests-"));
    try {
      expect(cli(["manifests", "--split", folder]).status).to.equal(0);
      const { resources } = read(join(folder, "kustomization.yaml")) as { resources: string[] };
      expect(readdirSync(folder)).to.have.members([...resources, "kustomization.yaml"]);
      const { items } = JSON.parse(cli(["manifests"]).stdout) as { items: object[] };
      expect(resources.map((name) => read(join(folder, name)))).to.deep.equal(items);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const argv of [[], ["plans"], ["plan", "a", "b"], ["manifests", "x"], ["manifests", "--imge", "x"]])
    it(`exits with 2 and says how to get help for ${JSON.stringify(argv.join(" "))}`, () => {
      const { status, stdout, stderr } = cli(argv);
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: "" });
      expect(stderr).to.include("--help");
    });

  it("suggests the command that was probably meant", () =>
    expect(cli(["plans"]).stderr).to.include("Did you mean plan?"));

  it("--version prints the package's version", () =>
    expect(cli(["--version"])).to.deep.equal({ status: 0, stdout: `${packageVersion}\n`, stderr: "" }));

  it("--help prints the exit codes to stdout", () => {
    const { status, stdout } = cli(["--help"]);
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/^Usage: pulumi-vnic /)
      .and.include("Exit codes: 0 done");
  });

  it("prints data by --json with each command that prints anything about a cluster or a plan", () => {
    const { commands } = commandLine("pulumi-vnic");
    const printing = commands.filter((one) => !["manifests", "completion", "__complete"].includes(one.name()));
    expect(printing.map((one) => one.name())).to.have.members(["doctor", "graph", "plan", "status", "uninstall"]);
    for (const one of printing)
      expect(
        one.options.map(({ long }) => long),
        one.name(),
      ).to.include("--json");
  });

  const nowhere = ["doctor", "--kubeconfig", "/nowhere"];

  it("has colours only where they are wanted, and never with NO_COLOR", () => {
    const red = "\u001b[31m✗";
    expect(cli(nowhere).stdout).to.include("✗").and.not.include("\u001b");
    expect(cli(nowhere, "", { env: { FORCE_COLOR: "1", NO_COLOR: undefined } }).stdout).to.include(red);
    expect(cli(nowhere, "", { env: { NO_COLOR: "1" } }).stdout).to.not.include("\u001b");
  });

  it("says which Node.js to use when it runs with one that is too old", () => {
    const old = { nodeOptions: asOldNode };
    const words = "20.20.2 is too old for the Kubernetes client";
    const remedy = "put Node.js 22.19 or newer first on PATH";
    for (const command of ["status", "graph", "uninstall"])
      expect(cli([command], "", old), command).to.deep.equal({
        ...{ status: 1, stdout: "" },
        stderr: `pulumi-vnic: Node.js ${words}: ${remedy}\n`,
      });
    const { status, stdout, stderr } = cli(nowhere, "", old);
    expect({ status, stderr }).to.deep.equal({ status: 3, stderr: "" });
    expect(stdout).to.equal(`✗ Node.js: ${words} → ${remedy}\n1 fault, 0 warnings, 0 checks passed\n`);
  });

  it("calls itself kubectl vnic when it is started by kubectl", () => {
    const folder = mkdtempSync(join(tmpdir(), "vnic-kubectl-"));
    try {
      const plugin = join(folder, "kubectl-vnic");
      symlinkSync(commandScript, plugin);
      const linked = spawnSync(process.execPath, [plugin, "--help"], { encoding: "utf8" });
      expect(linked.stdout).to.match(/^Usage: kubectl vnic /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("completes commands and the options of a command", () => {
    expect(cli(["__complete"]).stdout.split("\n")).to.include.members(["manifests", "plan", "--version"]);
    expect(cli(["__complete", "manifests", "--image", "x"]).stdout.split("\n")).to.include("--without");
    expect(cli(["__complete", "completion"]).stdout.split("\n")).to.include.members(["bash", "zsh", "fish"]);
  });

  for (const shell of ["bash", "zsh", "fish"])
    it(`completion ${shell} prints a script that calls the program`, () =>
      expect(cli(["completion", shell]).stdout).to.include("pulumi-vnic __complete"));

  it("completes in a real bash", () => {
    const script = `${cli(["completion", "bash"]).stdout}
      pulumi-vnic() { "${process.execPath}" "${commandScript}" "$@"; }
      COMP_WORDS=(pulumi-vnic mani); COMP_CWORD=1; _pulumi_vnic; echo "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync("bash", ["-c", script], {
      encoding: "utf8",
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    expect(stdout).to.equal("manifests\n");
  });
});
