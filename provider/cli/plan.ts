import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { VnicError, messageOf } from "../base/errors.ts";
import { renderPlan } from "../model/plan/markdown.ts";
import { reportPlan } from "../model/plan/report.ts";

/** What `pulumi-vnic plan` prints of a preview in a file, or on stdin. */
export async function showPlan(file: string | undefined, asJson: boolean): Promise<string> {
  const source = file ?? "stdin";
  const report = reportPlan(file === undefined ? await text(process.stdin) : await read(file), source);
  return asJson ? `${JSON.stringify(report, null, 2)}\n` : renderPlan(report);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new VnicError("invalid", `reading ${file}: ${messageOf(cause)}`, { cause });
  }
}
