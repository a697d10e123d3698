import { Command } from "commander";
import { messageOf } from "../base/errors.ts";
import { parseVnicId } from "../model/names.ts";
import { fault, type Finding } from "../model/doctor/finding.ts";
import type { Scope } from "./examine.ts";
import { accessOf, type AccessOptions, imageOption, withAccess } from "./access.ts";
import { exitCodes } from "./exit-codes.ts";
import { print, printJson, styled } from "./output.ts";

interface DoctorOptions extends AccessOptions, Scope {
  readonly verbose: boolean;
  readonly json: boolean;
}

/** `doctor`: finds faults of the cluster, its nodes and its Vnics, and prints remedies. */
export function doctorCommand(): Command {
  return withAccess(new Command("doctor"))
    .summary("find problems and their remedies")
    .description(
      `Check the cluster, its nodes and its Vnics, and print the problems with their remedies. Nothing is changed. An
injection session runs on each node, which needs the provider's rights. Without --node, at most 10 nodes are checked.`,
    )
    .addOption(imageOption())
    .option("--node <name>", "check only this node")
    .option("--network <name>", "check only this VnicNetwork and its Vnics")
    .option("--pod <namespace/name>", "check only this pod, its node and its Vnics")
    .option("-v, --verbose", "also print the checks that passed", false)
    .option("--json", "print the findings as JSON", false)
    .addHelpText(
      "after",
      `\nExit code ${exitCodes.attention} if there is a fault (✗), 0 if there are only warnings (!) or nothing.`,
    )
    .action(async (options: DoctorOptions) => {
      if (options.pod !== undefined) parseVnicId(options.pod);
      const { examine } = await import("./examine.ts");
      const findings = await examine(accessOf(options), options).catch((error: unknown) => [
        fault("API server", messageOf(error), "check KUBECONFIG and --context, and that the cluster runs"),
      ]);
      report(findings, options);
      if (findings.some(({ level }) => level === "fault")) process.exitCode = exitCodes.attention;
    });
}

function report(findings: readonly Finding[], { verbose, json }: DoctorOptions): void {
  if (json) return printJson({ formatVersion: 1, findings });
  for (const finding of findings) if (verbose || finding.level !== "ok") print(lineOf(finding));
  const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
  const summary = `${count("fault")} faults, ${count("warning")} warnings, ${count("ok")} checks passed`;
  print(count("fault") + count("warning") === 0 ? `${styled("green", "✓")} nothing is wrong: ${summary}` : summary);
}

const marks = { ok: ["green", "✓"], warning: ["yellow", "!"], fault: ["red", "✗"] } as const;

function lineOf({ level, subject, message, remedy }: Finding): string {
  const [colour, mark] = marks[level];
  return `${styled(colour, mark)} ${styled("bold", subject)}: ${message}${remedy === undefined ? "" : ` → ${remedy}`}`;
}
