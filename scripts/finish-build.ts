/**
 * Completes the build after tsc. It bundles the hooks and the image's programs, because Node.js takes long to load
 * hundreds of small files, and adds the files that CommonJS needs.
 */
import { chmod, copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { build, type BuildOptions } from "esbuild";
import { neededModels } from "./client-models.ts";
import { unusedConstants } from "./unused-constants.ts";

const bundles: BuildOptions = {
  outExtension: { ".js": ".mjs" },
  // CommonJS packages load Node's built-in modules with `require`.
  banner: {
    js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`,
  },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  legalComments: "none",
  logLevel: "warning",
  plugins: [neededModels],
};

await build({
  ...bundles,
  entryPoints: { "node/main": "provider/node/main.ts" },
  outdir: "dist",
  minify: true,
  // Let the import of the other file be a call of `require`.
  supported: { "dynamic-import": false },
  plugins: [
    {
      name: "separate",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^\.\/serve\.ts$/ }, () => ({ path: "./serve.cjs", external: true })),
    },
  ],
});

// CommonJS, because Node.js loads it faster: `import` of a built-in module reads all that the module exports.
await build({
  ...bundles,
  entryPoints: { "node/serve": "provider/node/serve.ts" },
  outExtension: { ".js": ".cjs" },
  banner: {},
  format: "cjs",
  outdir: "dist",
  minify: true,
  plugins: [unusedConstants],
});

await build({
  ...bundles,
  entryPoints: {
    "node/agent": "provider/agent/main.ts",
    "reconciler/main": "provider/reconciler/main.ts",
  },
  outdir: "dist",
  minify: true,
});

// Remove the chunks of earlier builds. Chunks that several hooks share, or that are loaded on demand, are named by a
// hash of their content.
await rm("dist/hooks", { recursive: true, force: true });
await build({
  ...bundles,
  entryPoints: {
    vnic: "provider/hooks/vnic.ts",
    "vnic-set": "provider/hooks/vnic-set.ts",
    network: "provider/hooks/network.ts",
  },
  outdir: "dist/hooks",
  splitting: true,
  external: ["@pulumi/pulumi"],
  // Names aren't shortened, so that stack traces stay readable.
  minifySyntax: true,
  minifyWhitespace: true,
});

// Provides types for ES modules, CommonJS and older compilers, which don't accept `.ts` in an import. CommonJS uses
// `.d.cts`.
for (const file of await readdir("dist/sdk")) {
  if (!file.endsWith(".d.ts")) continue;
  const types = (await readFile(`dist/sdk/${file}`, "utf8")).replace(/(?<=from "\.\/[\w-]+\.)ts(?=")/g, "js");
  await writeFile(`dist/sdk/${file}`, types);
  const common = types.replace(/(?<=from "\.\/[\w-]+\.)js(?=")/g, "cjs");
  await writeFile(`dist/sdk/${file.replace(/\.d\.ts$/, ".d.cts")}`, common);
}

// CommonJS requires the ES module, so that both module systems have the same classes.
await writeFile("dist/sdk/index.cjs", 'module.exports = require("./index.js");\n');

await copyFile("provider/agent/dhcp-event.awk", "dist/node/dhcp-event.awk");
for (const program of ["dist/provider/cli/main.js", "dist/node/dhcp-event.awk"]) await chmod(program, 0o755);
