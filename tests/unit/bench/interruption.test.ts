import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { descendants, parseStat } from "../../bench/interruption.ts";
import { endOf, firstOutput } from "../../lab/child.ts";
import { until } from "../../lab/run.ts";

const module = join(import.meta.dirname, "..", "..", "bench", "interruption.ts");

/** A benchmark that starts a shell, which starts another program, and prints the process IDs of both. */
const program = `
import { spawn } from "node:child_process";
import { endChildrenWhenInterrupted } from ${JSON.stringify(module)};
endChildrenWhenInterrupted();
spawn("sh", ["-c", "sleep 600 & echo $$ $!; wait"], { stdio: ["ignore", "inherit", "inherit"] });
`;

describe("an interrupted benchmark", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`ends at ${signal}, with all programs that it has started`, async () => {
      const bench = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const started = (await firstOutput(bench)).toString().trim().split(" ");
      expect(started).to.have.length(2);
      bench.kill(signal);
      await endOf(bench);
      expect(bench.exitCode).to.equal(130);
      await until("the end of the programs", 30, () => (started.some((pid) => isRunning(pid)) ? undefined : true));
    });

  it("finds the descendants of its own session, and spares programs with a session of their own", () => {
    const one = (pid: number, parent: number, session = 10) => ({ pid, program: "x", parent, session });
    const all = [one(10, 1), one(11, 10), one(12, 11), one(20, 10, 20), one(21, 20, 20), one(30, 1)];
    expect(descendants(all, 10).map(({ pid }) => pid)).to.deep.equal([11, 12]);
  });

  it("reads a process whose name has spaces and brackets", () =>
    expect(parseStat("12 (a) b) c) S 1 12 10 0 -1")).to.deep.equal({
      pid: 12,
      program: "a) b) c",
      parent: 1,
      session: 10,
    }));
});

/** Whether a process exists that isn't just waiting for its parent. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && existsSync(`/proc/${pid}/exe`);
}
