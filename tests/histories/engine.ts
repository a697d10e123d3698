import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../support/stack.ts";
import type { Op } from "./model.ts";

interface EngineEvent {
  readonly resourcePreEvent?: {
    readonly metadata: { readonly op: string; readonly urn: string; readonly type: string };
  };
}

/** Runs the engine, and returns the operation on each Vnic that it has done or planned, from its own events. */
export async function runAndSee(stack: Stack, ...words: string[]): Promise<Map<string, Op>> {
  const log = join(stack.folder, "events.json");
  await rm(log, { force: true });
  await stack.must(...words, "--event-log", log);
  const events = (await readFile(log, "utf8"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EngineEvent);
  const ops = new Map<string, Op>();
  for (const { resourcePreEvent } of events) {
    const { op, urn, type } = resourcePreEvent?.metadata ?? { op: "", urn: "", type: "" };
    if (!type.endsWith("vnic:Vnic") || op === "refresh") continue;
    const resource = urn.split("::").at(-1) ?? "";
    if (op === "create" || op === "update" || op === "delete" || op === "same") ops.set(resource, op);
    else if (op.includes("replace")) ops.set(resource, "replace");
    else throw new Error(`the engine does ${op} to ${resource}`);
  }
  return ops;
}
