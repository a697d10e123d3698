import { findProgram } from "./find-program.ts";

/** Says what this machine lacks to run the lab, for a test to skip with; empty when it lacks nothing. */
export function missing(): string[] {
  if (process.platform !== "linux") return [`Linux (this is ${process.platform})`];
  // Another cluster was asked for; but what the lab's tests look at is inside of its nodes.
  if (process.env["KUBECONFIG"]) return ["KUBECONFIG unset, as it names another cluster"];
  return [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...(findProgram("apt-get") === undefined ? ["Debian's apt-get"] : []),
    ...(findProgram("go") === undefined ? ["Go 1.25 or newer"] : []),
  ];
}

/** Says what this machine lacks to build the engine, if it has none. */
export function missingForEngine(): string[] {
  return (findProgram("pulumi") ?? findProgram("go")) ? [] : ["pulumi, or Go 1.25 or newer to build it"];
}

/** Says what this machine lacks to build Helm, if it has none. */
export function missingForHelm(): string[] {
  return (findProgram("helm") ?? findProgram("go")) ? [] : ["helm, or Go 1.26 or newer to build it"];
}
