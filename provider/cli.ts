#!/usr/bin/env node
import { platformManifests } from "./model/manifests.ts";

const usage = `usage: pulumi-vnic manifests   prints what a cluster needs, for "kubectl apply -f -"`;

if (process.argv[2] === "manifests" && process.argv.length === 3) {
  const list = { apiVersion: "v1", kind: "List", items: platformManifests() };
  process.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
} else {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
}
