import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/**
 * Provider texts, which the engine stores with each resource in `__provider`. Pulumi's dynamic provider process runs
 * the text in the project's folder and uses the object that `handler` returns as the hooks. The text only loads this
 * package by name. So refresh and delete, which run the stored text, use the installed version of the package,
 * whichever version wrote the state. The texts are written by hand, because Pulumi's serializer would generate 2 KB
 * for each and load a compiler for it. A changed text needs a new `protocol` number; see docs/design/state.md.
 */
export const stubs = {
  Vnic: stubFor("pulumi-vnic/provider"),
  VnicSet: stubFor("pulumi-vnic/vnic-set"),
  Network: stubFor("pulumi-vnic/network"),
};

function stubFor(entry: string): string {
  return `exports.handler=()=>require(${JSON.stringify(entry)});// protocol: 2`;
}

/**
 * Returns the provider text of a kind of resource.
 * @throws RunError if the project's folder can't resolve this package, for example with pnpm when only a component
 * package depends on it. Otherwise the hooks, and later a destroy, would fail.
 */
export function stubOf(kind: keyof typeof stubs): string {
  const folders = [process.cwd(), pulumi.runtime.getRootDirectory()];
  if (!folders.some(resolvesPackage))
    throw new pulumi.RunError(
      `Pulumi runs the provider of a ${kind} in the project's folder, and from ${process.cwd()} the package pulumi-vnic isn't found; ` +
        `add it to the project's own dependencies: npm install pulumi-vnic (or pnpm add, yarn add); ` +
        "start an inline program of the Automation API in its own folder",
    );
  return stubs[kind];
}

const resolved = new Map<string, boolean>();

function resolvesPackage(folder: string): boolean {
  const known = resolved.get(folder);
  if (known !== undefined) return known;
  const found = canResolve(folder);
  resolved.set(folder, found);
  return found;
}

function canResolve(folder: string): boolean {
  try {
    createRequire(join(folder, "index.js")).resolve("pulumi-vnic/provider");
    return true;
  } catch {
    return false;
  }
}
