import { findProgram } from "./find-program.ts";

/** Says what this machine lacks to run the lab, for a test to skip with; empty when it lacks nothing. */
export function missing(): string[] {
  if (process.platform !== "linux") return [`Linux (this is ${process.platform})`];
  return [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...(findProgram("apt-get") === undefined ? ["Debian's apt-get"] : []),
    ...(findProgram("go") === undefined ? ["Go 1.25 or newer"] : []),
  ];
}
