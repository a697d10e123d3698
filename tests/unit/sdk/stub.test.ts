import type { dynamic } from "@pulumi/pulumi";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { networkStubProtocol, setStubProtocol, stubProtocol } from "../../../provider/base/package.ts";
import * as networkHooks from "../../../provider/hooks/network.ts";
import * as vnicHooks from "../../../provider/hooks/vnic.ts";
import * as vnicSetHooks from "../../../provider/hooks/vnic-set.ts";

const root = join(import.meta.dirname, "..", "..", "..");

const stubs = [
  { file: "stub", name: "stub", entry: "pulumi-vnic/provider", hooks: vnicHooks, current: stubProtocol },
  {
    file: "vnic-set-stub",
    name: "vnicSetStub",
    entry: "pulumi-vnic/vnic-set",
    hooks: vnicSetHooks,
    current: setStubProtocol,
  },
  {
    file: "network-stub",
    name: "networkStub",
    entry: "pulumi-vnic/network",
    hooks: networkHooks,
    current: networkStubProtocol,
  },
];

/** A stub as it is published, and the text that Pulumi stores of it with every resource. */
async function publishedStub(file: string, name: string) {
  const module = (await import(pathToFileURL(join(root, "dist", "sdk", `${file}.js`)).href)) as Record<
    string,
    dynamic.ResourceProvider & { protocol: number }
  >;
  const stub = module[name];
  if (!stub) throw new Error(`${file}.js has no ${name}`);
  const { text, containsSecrets } = await pulumi.runtime.serializeFunction(() => stub, { allowSecrets: true });
  return { stub, text, containsSecrets };
}

for (const { file, name, entry, hooks, current } of stubs)
  describe(`the stub that calls ${entry}`, () => {
    const golden = readFileSync(join(root, "tests", "fixtures", `${file}.golden.js`), "utf8");
    let published: Awaited<ReturnType<typeof publishedStub>>;
    before(async () => {
      published = await publishedStub(file, name);
    });

    // The stored text is what older state runs by: a change of it needs a new `protocol`, and then a new golden file.
    it("is stored as exactly this text", () => expect(published.text).to.equal(golden));

    it("takes less than 2 KB in state", () => expect(Buffer.byteLength(published.text)).to.be.below(2048));

    it("has one protocol number, in its source, its stored text and the provider", () => {
      expect(golden).to.include(`var __stub = {protocol: ${published.stub.protocol},`);
      expect(published.stub.protocol).to.equal(current);
    });

    it("captures nothing", () => {
      expect(published.containsSecrets).to.equal(false);
      const scopes = [...published.text.matchAll(/with\(\{(.*?)\}\)/g)].map(([, scope = ""]) => scope.trim());
      expect(new Set(scopes)).to.deep.equal(
        new Set(["this: undefined, arguments: undefined", "stub: __stub, this: undefined, arguments: undefined"]),
      );
      expect([...published.text.matchAll(/^(?:var|let|const) (\w+)/gm)].map(([, name]) => name)).to.deep.equal([
        "__stub",
      ]);
    });

    it("names the package, and no path", () => {
      const loads = [...published.text.matchAll(/(?:import|require)\((.*?)\)/g)].map(([, what]) => what);
      expect(loads).to.have.length(7);
      expect(new Set(loads)).to.deep.equal(new Set([JSON.stringify(entry)]));
      for (const word of [root, "node_modules", "dist", "file:", "./"]) expect(published.text).to.not.include(word);
    });

    it("has just the hooks that the provider has", () => {
      const { protocol: _, ...own } = published.stub;
      expect(Object.keys(own)).to.have.members(Object.keys(hooks));
    });

    for (const hook of ["configure", "check", "diff", "create", "read", "update", "delete"])
      it(`calls the provider's ${hook} with all it was given`, () =>
        expect(golden).to.include(`return async (...a) => (await import("${entry}")).${hook}(...a);`));
  });
