#!/usr/bin/env node
import { parseArgs } from "node:util";
import { messageOf } from "./model/errors.ts";
import { platformManifests } from "./model/manifests.ts";
import { showPlan } from "./plan-command.ts";

const usage = `usage: pulumi-vnic manifests             prints what a cluster needs, for "kubectl apply -f -"
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
  if (command === "manifests" && words.length === 0)
    return `${JSON.stringify({ apiVersion: "v1", kind: "List", items: platformManifests() }, null, 2)}\n`;
  return undefined;
}

try {
  const text = await main(process.argv.slice(2));
  (text === undefined ? process.stderr : process.stdout).write(text ?? usage);
  if (text === undefined) process.exitCode = 2;
} catch (error) {
  process.stderr.write(`pulumi-vnic: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
