import { expect } from "chai";
import type { Finding } from "../../provider/model/doctor/finding.ts";
import { type Ran, runCommand } from "./command-line.ts";
import type { TestBench } from "./use-bench.ts";

/** The command `doctor`, as an administrator of the lab runs it. */
export interface Doctor {
  run(...argv: string[]): Promise<Ran>;
  /** Its findings. The exit code must match them. */
  examine(...argv: string[]): Promise<Finding[]>;
}

export function doctorOn(bench: Pick<TestBench, "lab">): Doctor {
  const run = (...argv: string[]) => runCommand(["doctor", ...argv], { kubeconfig: bench.lab.kubeconfig });
  return {
    run,
    examine: async (...argv) => {
      const { code, stdout, stderr } = await run("--json", ...argv);
      const { findings } = JSON.parse(stdout || stderr) as { findings: Finding[] };
      expect(code, "exit code").to.equal(findings.some(({ level }) => level === "fault") ? 3 : 0);
      return findings;
    },
  };
}

export function faultsOf(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ level }) => level === "fault");
}

export function linesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ level, subject, message }) => `${level} ${subject}: ${message}`);
}

/** Expects exactly one fault or warning whose line matches, and a remedy that matches. */
export function expectNamed(findings: readonly Finding[], line: RegExp, remedy: RegExp): void {
  const amiss = findings.filter(({ level }) => level !== "ok");
  const found = amiss.filter((finding) => linesOf([finding]).some((words) => line.test(words)));
  expect(linesOf(found), `lines with ${line} among:\n${linesOf(amiss).join("\n")}\n`).to.have.length(1);
  expect(found[0]?.remedy).to.match(remedy);
}
