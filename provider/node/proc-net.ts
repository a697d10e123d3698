import { readFileSync } from "node:fs";
import { hostPath } from "./host-path.ts";

/** Reads a table of the node's network in the kernel (proc_net(5)); empty if the kernel doesn't have it. */
export function readTable(path: string): string {
  try {
    return readFileSync(hostPath(path), "utf8");
  } catch {
    return "";
  }
}
