import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { minStubProtocol } from "../../../provider/base/package.ts";
import * as networkHooks from "../../../provider/hooks/network.ts";
import * as vnicHooks from "../../../provider/hooks/vnic.ts";
import * as vnicSetHooks from "../../../provider/hooks/vnic-set.ts";
import { stubs } from "../../../sdk/stubs.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const hooks = ["configure", "check", "diff", "create", "read", "update", "delete"];

const kinds = [
  { kind: "Vnic", file: "vnic", entry: "pulumi-vnic/provider", exported: vnicHooks },
  { kind: "VnicSet", file: "vnic-set", entry: "pulumi-vnic/vnic-set", exported: vnicSetHooks },
  { kind: "Network", file: "network", entry: "pulumi-vnic/network", exported: networkHooks },
] as const;

/** Loads a provider text as Pulumi's provider process does: as a module in the project's folder. */
function load(text: string): Record<string, unknown> {
  const module = { exports: {} as { handler: () => Record<string, unknown> } };
  const require = createRequire(join(root, "index.js"));
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  new Function("exports", "require", "module", text)(module.exports, require, module);
  return module.exports.handler();
}

for (const { kind, file, entry, exported } of kinds)
  describe(`the provider text of a ${kind}`, () => {
    const stored = {
      1: readFileSync(join(root, "tests", "fixtures", "stubs", `${file}.protocol-1.js`), "utf8"),
      2: `exports.handler=()=>require("${entry}");// protocol: 2`,
    };

    // State keeps the text with which it was stored, so a changed text needs a new number here.
    it("is exactly this text, with the newest protocol number", () => expect(stubs[kind]).to.equal(stored[2]));

    for (const [protocol, text] of Object.entries(stored))
      it(`works in protocol ${protocol}: all hooks exist, and the state shows no change`, () => {
        expect(Object.keys(load(text)).filter((name) => name !== "protocol")).to.include.members(hooks);
        expect(Object.keys(exported)).to.have.members(hooks);
        expect(Number(protocol)).to.be.at.least(minStubProtocol);
      });

    it("imports the package by name, without a path, in every protocol", () => {
      for (const text of Object.values(stored)) {
        const loads = [...text.matchAll(/(?:import|require)\((.*?)\)/g)].map(([, what]) => what);
        expect(new Set(loads)).to.deep.equal(new Set([JSON.stringify(entry)]));
        for (const word of [root, "node_modules", "dist", "file:", "./"]) expect(text).to.not.include(word);
      }
    });
  });

describe("a resource in a project that can't resolve the package", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vnic-unresolved-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is refused when it is constructed, with what to install", () => {
    const program = `const { Vnic } = await import(${JSON.stringify(join(root, "dist", "sdk", "index.js"))});
      try { new Vnic("wire", { pod: { name: "db-0" }, network: { parent: "eth1" } }); }
      catch (error) { console.log(error.message); }`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stdout).to.include("the package pulumi-vnic isn't found; add it to the project's own dependencies");
  });
});
