import { Command, InvalidArgumentError } from "commander";
import { isIP } from "node:net";
import { messageOf } from "../base/errors.ts";
import { parseVnicId } from "../model/names.ts";
import { counted, fault, type Finding } from "../model/doctor/finding.ts";
import { examineNodeJs } from "../model/doctor/node-js.ts";
import type { Scope } from "./examine.ts";
import { accessOf, type AccessOptions, imageOption, withAccessOptions } from "./access.ts";
import { exitCodes } from "./exit-codes.ts";
import { print, printJson, styled } from "./output.ts";

interface DoctorOptions extends AccessOptions, Scope {
  readonly selfTest?: string;
  readonly address?: string;
  readonly namespace: string;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** `doctor`: finds faults of the cluster, its nodes and its Vnics, and prints remedies. */
export function doctorCommand(): Command {
  return withAccessOptions(new Command("doctor"))
    .summary("find problems and their remedies")
    .description(
      `Check the cluster, its nodes and its Vnics, and print the problems with their remedies. Nothing is changed. An
injection session runs on each node, which needs the provider's rights. Without --node, at most 10 nodes are checked.

With --self-test, a pod with a NIC on the network is made on each checked node, one after the other, and removed again.
The pod asks the host, which shows whether frames with a MAC that isn't the node's pass, and whether DHCP works.`,
    )
    .addOption(imageOption())
    .option("--node <name>", "check only this node, the Vnics on it, and those that wait for a NIC in its pods")
    .option("--network <name>", "check only this VnicNetwork, on all nodes, and its Vnics")
    .option("--pod <namespace/name>", "check only this pod, its node and its Vnics")
    .option("--self-test <host>", "test whether this address on the network of --network answers a new NIC", readHost)
    .option("--address <cidr>", "the address of the self-test's NIC (default: one from DHCP)")
    .option("-n, --namespace <name>", "the namespace of the self-test's pod", "default")
    .option("-v, --verbose", "also print the checks that passed", false)
    .option("--json", "print the findings as JSON", false)
    .addHelpText(
      "after",
      `\nExit code ${exitCodes.attention} if there is a fault (✗), 0 if there are only warnings (!) or nothing.`,
    )
    .action(async (options: DoctorOptions, command: Command) => {
      if (options.pod !== undefined) parseVnicId(options.pod);
      if (options.selfTest !== undefined && options.network === undefined)
        command.error("error: --self-test needs --network, the name of a VnicNetwork");
      const nodeJs = examineNodeJs(process.versions.node);
      // The cluster's client can't even be loaded by a Node.js that is too old.
      const others = nodeJs.level === "fault" ? [] : await diagnose(options).catch(unreachable);
      const findings = [nodeJs, ...others];
      report(findings, options);
      if (findings.some(({ level }) => level === "fault")) process.exitCode = exitCodes.attention;
    });
}

function unreachable(error: unknown): Finding[] {
  return [fault("API server", messageOf(error), "check KUBECONFIG and --context, and that the cluster runs")];
}

async function diagnose(options: DoctorOptions): Promise<Finding[]> {
  const { selfTest: host, network } = options;
  const { examine } = await import("./examine.ts");
  const access = accessOf(options);
  const findings = await examine(access, options);
  if (host === undefined || network === undefined) return findings;
  const { runSelfTests } = await import("./self-test.ts");
  const progress = (words: string) => process.stderr.isTTY && process.stderr.write(`${words} ...\n`);
  return [...findings, ...(await runSelfTests(access, { ...options, host, network }, progress))];
}

function readHost(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new InvalidArgumentError("it is not an IP address");
}

function report(findings: readonly Finding[], { verbose, json }: DoctorOptions): void {
  if (json) return printJson({ formatVersion: 1, findings });
  for (const finding of findings) if (verbose || finding.level !== "ok") print(lineOf(finding));
  const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
  const [faults, warnings, passed] = [count("fault"), count("warning"), count("ok")];
  const summary = `${counted(faults, "fault")}, ${counted(warnings, "warning")}, ${counted(passed, "check")} passed`;
  print(faults + warnings === 0 ? `${styled("green", "✓")} nothing is wrong: ${summary}` : summary);
}

const marks = { ok: ["green", "✓"], warning: ["yellow", "!"], fault: ["red", "✗"] } as const;

function lineOf({ level, subject, message, remedy }: Finding): string {
  const [colour, mark] = marks[level];
  return `${styled(colour, mark)} ${styled("bold", subject)}: ${message}${remedy === undefined ? "" : ` → ${remedy}`}`;
}
