/**
 * Makes all files of a release in one folder: npm run release -- --dry-run [--image <image>@sha256:<digest>] [--folder
 * <folder>]
 *
 * This program publishes nothing. The workflow .github/workflows/release.yml runs it, and publishes the files.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeRelease } from "./release.ts";

const { values } = parseArgs({
  options: {
    "dry-run": { type: "boolean", default: false },
    image: { type: "string" },
    folder: { type: "string", default: join(import.meta.dirname, "..", "..", "dist", "release") },
  },
});
const { "dry-run": isDryRun, image } = values;
const folder = resolve(values.folder);

if (!isDryRun)
  throw new Error("only the workflow `release` publishes; to make a release's files: npm run release -- --dry-run");
if (image !== undefined && !/^[^\s@"]+@sha256:[0-9a-f]{64}$/.test(image))
  throw new Error(
    `--image ${image}: it doesn't name an image by its digest, as in registry.example/pulumi-vnic-node@sha256:…`,
  );

await makeRelease({ folder, ...(image === undefined ? {} : { image }) });
console.log(folder);
if (image === undefined)
  console.log("without --image, the default image is none that is published: what is made here is for a try");
