#!/usr/bin/env node
import { parseArgs } from "node:util";
import {
  defaultImage,
  platformManifests,
  type PlatformOptions,
  type PlatformPart,
  platformParts,
} from "./manifests.ts";
import { messageOf } from "../base/errors.ts";
import { showPlan } from "./plan.ts";

const usage = `usage: pulumi-vnic manifests [--image <image>] [--allow-image <image>] ... [--without <part>] ...
                                         prints what a cluster needs, for "kubectl apply -f -";
                                         parts: ${platformParts.join(", ")}
       pulumi-vnic plan [file] [--json]  turns the output of "pulumi preview --json", from a file
                                         or stdin, into a comment for a pull request, or into data
`;

async function main([command, ...words]: readonly string[]): Promise<string | undefined> {
  if (command === "plan") {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { json: { type: "boolean", default: false } },
    });
    if (positionals.length <= 1) return showPlan(positionals[0], values.json);
  }
  if (command === "manifests") {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        image: { type: "string", default: defaultImage },
        "allow-image": { type: "string", multiple: true, default: [] },
        without: { type: "string", multiple: true, default: [] },
      },
    });
    const { image, without, "allow-image": allowImages } = values;
    if (positionals.length === 0) return showManifests({ image, allowImages }, without);
  }
  return undefined;
}

function showManifests(options: PlatformOptions, without: readonly string[]): string {
  const unknown = without.find((part) => !(platformParts as string[]).includes(part));
  if (unknown !== undefined)
    throw new Error(`--without: ${JSON.stringify(unknown)} is not a part; parts are ${platformParts.join(", ")}`);
  const items = platformManifests({ ...options, without: without as PlatformPart[] });
  return `${JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2)}\n`;
}

try {
  const text = await main(process.argv.slice(2));
  (text === undefined ? process.stderr : process.stdout).write(text ?? usage);
  if (text === undefined) process.exitCode = 2;
} catch (error) {
  process.stderr.write(`pulumi-vnic: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
