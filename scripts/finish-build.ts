/** What tsc leaves to do of a build: the node side as the one file that its image runs, and the command for npx. */
import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { build } from "esbuild";

await build({
  entryPoints: ["provider/node/main.ts"],
  outfile: "dist/node/main.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});

await chmod("dist/provider/cli.js", 0o755);

// npm links a package's command only if its file is there, which it isn't when a fresh checkout's packages are installed.
execFileSync("npm", ["rebuild", "--ignore-scripts", "pulumi-vnic"], { stdio: ["ignore", "ignore", "inherit"] });
