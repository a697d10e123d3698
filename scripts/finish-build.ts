/** What tsc leaves to do of a build: each program of the image as the one file that it runs, and the command for npx. */
import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { build } from "esbuild";

await build({
  entryPoints: {
    "node/main": "provider/node/main.ts",
    "node/agent": "provider/agent/main.ts",
    "node/dhcp-event": "provider/agent/dhcp-event.ts",
    "reconciler/main": "provider/reconciler/main.ts",
  },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  // Packages of the other module system look for Node's own modules by `require`.
  banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});

for (const program of ["dist/provider/cli.js", "dist/node/dhcp-event.mjs"]) await chmod(program, 0o755);

// npm links a package's command only if its file is there, which it isn't when a fresh checkout's packages are installed.
execFileSync("npm", ["rebuild", "--ignore-scripts", "pulumi-vnic"], { stdio: ["ignore", "ignore", "inherit"] });
