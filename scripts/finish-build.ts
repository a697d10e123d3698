/** What tsc leaves to do of a build: the node side as the one file that its image runs, and the command executable. */
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
