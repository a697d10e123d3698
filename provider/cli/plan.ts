import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { VnicError, messageOf } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { renderPlan } from "../model/plan/markdown.ts";
import { reportPlan } from "../model/plan/report.ts";

/** `plan`: prints a preview as a pull request comment, or as JSON. */
export function planCommand(): Command {
  return new Command("plan")
    .summary("turn a preview into a comment for a pull request")
    .description('Turn the output of "pulumi preview --json" into a comment for a pull request, or into data.')
    .argument("[file]", "the file with the preview (default: stdin)")
    .option("--json", "print JSON instead of Markdown", false)
    .action(async (file: string | undefined, { json }: { json: boolean }) => {
      process.stdout.write(printable(await showPlan(file, json)));
    });
}

/** Prints the report on a preview that is read from a file or from stdin. */
async function showPlan(file: string | undefined, asJson: boolean): Promise<string> {
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
