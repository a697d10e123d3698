import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

const client = dirname(fileURLToPath(import.meta.resolve("@kubernetes/client-node")));
const generated = join(client, "gen");
const serializer = join(generated, "models", "ObjectSerializer.js");

/**
 * Leaves those of the Kubernetes client's models out of a bundle that the API classes in `provider/cluster/client.ts`
 * can't need. The client's serializer refers to all 757 models, and creating them takes a fifth of the time in which
 * the client loads. It passes on values of other types as they are.
 */
export const neededModels: Plugin = {
  name: "needed-models",
  setup(build) {
    // The package doesn't say so, but only its polyfill has side effects, so that unused modules can be left out.
    build.onResolve({ filter: /^\./ }, ({ resolveDir, path }) => {
      const found = join(resolveDir, path);
      const isPlain = found.startsWith(client) && existsSync(found) && basename(found) !== "polyfill.js";
      return isPlain ? { path: found, sideEffects: false } : undefined;
    });
    build.onLoad({ filter: /[/\\]ObjectSerializer\.js$/ }, ({ path }) =>
      path === serializer ? { contents: withModels(modelsOf(apiClasses())), loader: "js" } : undefined,
    );
  },
};

/** The API classes that the provider uses. */
function apiClasses(): string[] {
  const names = readFileSync(join(import.meta.dirname, "..", "provider", "cluster", "client.ts"), "utf8");
  return (names.match(/\b\w+Api\b/g) ?? []).filter((name) => existsSync(join(generated, "apis", `${name}.js`)));
}

/** The models that API classes name, and the models of their attributes at any depth. */
function modelsOf(apis: readonly string[]): ReadonlySet<string> {
  const needed = new Set<string>();
  const add = (file: string) => {
    // Types are in texts, such as "V1Pod", "Array<V1Container>" or "{ [key: string]: IntOrString; }".
    for (const [name] of readFileSync(file, "utf8").matchAll(/(?<="[^"\n]*)\b[A-Z]\w+(?=[^"\n]*")/g)) {
      const model = join(generated, "models", `${name}.js`);
      if (needed.has(name) || model === serializer || !existsSync(model)) continue;
      needed.add(name);
      add(model);
    }
  };
  for (const api of apis) add(join(generated, "apis", `${api}.js`));
  return needed;
}

const namingOneModel = /^import \{ (\w+) \} from '\.\.\/models\/\w+\.js';$|^ +"(\w+)": \w+,$/;

/** The serializer's text with some of the models. It also exports all of them again, which nobody needs. */
function withModels(models: ReadonlySet<string>): string {
  const lines = readFileSync(serializer, "utf8").split("\n");
  const kept = lines.filter((line) => {
    const [, imported, listed] = namingOneModel.exec(line) ?? [];
    const name = imported ?? listed;
    return !line.startsWith("export * from") && (name === undefined || models.has(name));
  });
  return kept.join("\n");
}
