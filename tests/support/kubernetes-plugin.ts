import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { findProgram } from "../lab/find-program.ts";

const program = "pulumi-resource-kubernetes";

/** The engine's own plugin for @pulumi/kubernetes if it is installed, or else the lab's replacement. */
export function findKubernetesPlugin(): { readonly folder: string; readonly isStandIn: boolean } {
  const onPath = findProgram(program);
  if (onPath !== undefined) return { folder: dirname(onPath), isStandIn: false };
  const plugins = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "plugins");
  const installed = folderNames(plugins).findLast((name) => /^resource-kubernetes-v\d+\.\d+\.\d+$/.test(name));
  if (installed !== undefined) return { folder: join(plugins, installed), isStandIn: false };
  return { folder: join(import.meta.dirname, "..", "lab", "kubernetes-plugin"), isStandIn: true };
}

function folderNames(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}
