import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { stub as Stub } from "../../../sdk/stub.ts";
import { stubProtocol } from "../../../provider/package.ts";
import * as hooks from "../../../provider/vnic-provider.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const golden = readFileSync(join(root, "tests", "fixtures", "stub.golden.js"), "utf8");

/** The stub as it is published, and the text that Pulumi stores of it with every Vnic. */
async function publishedStub() {
  const { stub } = (await import(pathToFileURL(join(root, "dist", "sdk", "stub.js")).href)) as { stub: typeof Stub };
  const { text, containsSecrets } = await pulumi.runtime.serializeFunction(() => stub, { allowSecrets: true });
  return { stub, text, containsSecrets };
}

describe("the stub", () => {
  let published: Awaited<ReturnType<typeof publishedStub>>;
  before(async () => {
    published = await publishedStub();
  });

  // The stored text is what older state runs by: a change of it needs a new `protocol`, and then a new golden file.
  it("is stored as exactly this text", () => expect(published.text).to.equal(golden));

  it("takes less than 2 KB in state", () => expect(Buffer.byteLength(published.text)).to.be.below(2048));

  it("has one protocol number, in its source, its stored text and the provider", () => {
    expect(golden).to.include(`var __stub = {protocol: ${published.stub.protocol},`);
    expect(published.stub.protocol).to.equal(stubProtocol);
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
    expect(new Set(loads)).to.deep.equal(new Set([`"pulumi-vnic/provider"`]));
    for (const word of [root, "node_modules", "dist", "file:", "./"]) expect(published.text).to.not.include(word);
  });

  it("has just the hooks that the provider has", () => {
    const { protocol: _, ...own } = published.stub;
    expect(Object.keys(own)).to.have.members(Object.keys(hooks));
  });

  for (const hook of ["configure", "check", "diff", "create", "read", "update", "delete"])
    it(`calls the provider's ${hook} with all it was given`, () =>
      expect(golden).to.include(`return async (...a) => (await import("pulumi-vnic/provider")).${hook}(...a);`));
});
