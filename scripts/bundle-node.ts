/** Bundles the node side into the one file that its image runs: dist/node/main.mjs. */
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
