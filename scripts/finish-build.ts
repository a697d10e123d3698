/**
 * What tsc leaves to do of a build: the hooks and the programs of the image as few files, as the hundreds that they and their
 * packages consist of take Node.js longer to load than most of what they then do; and the command for npx.
 */
import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { build, type BuildOptions } from "esbuild";

const bundles: BuildOptions = {
  outExtension: { ".js": ".mjs" },
  // Packages of the other module system look for Node's own modules by `require`.
  banner: {
    js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`,
  },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  legalComments: "none",
  logLevel: "warning",
};

await build({
  ...bundles,
  entryPoints: {
    "node/main": "provider/node/main.ts",
    "node/agent": "provider/agent/main.ts",
    "node/dhcp-event": "provider/agent/dhcp-event.ts",
    "reconciler/main": "provider/reconciler/main.ts",
  },
  outdir: "dist",
  minify: true,
});

// Parts that several hooks share, or that are loaded when they are needed, have names by their content.
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
  // Names stay, for whoever reads a stack trace.
  minifySyntax: true,
  minifyWhitespace: true,
});

// The types for programs of both module systems and for older compilers, which know no `.ts` in an import. CommonJS takes
// them from `.d.cts`; at run time Node.js lets it require the modules themselves.
for (const file of await readdir("dist/sdk")) {
  if (!file.endsWith(".d.ts")) continue;
  const types = (await readFile(`dist/sdk/${file}`, "utf8")).replace(/(?<=from "\.\/[\w-]+\.)ts(?=")/g, "js");
  await writeFile(`dist/sdk/${file}`, types);
  const common = types.replace(/(?<=from "\.\/[\w-]+\.)js(?=")/g, "cjs");
  await writeFile(`dist/sdk/${file.replace(/\.d\.ts$/, ".d.cts")}`, common);
}

for (const program of ["dist/provider/cli/main.js", "dist/node/dhcp-event.mjs"]) await chmod(program, 0o755);

// npm links a package's command only if its file is there, which it isn't when a fresh checkout's packages are installed.
execFileSync("npm", ["rebuild", "--ignore-scripts", "pulumi-vnic"], { stdio: ["ignore", "ignore", "inherit"] });
