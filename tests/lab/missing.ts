import { findProgram } from "./find-program.ts";

/** Describes what this machine lacks to run the lab, as the reason to skip a test; empty if it lacks nothing. */
export function missing(): string[] {
  if (process.platform !== "linux") return [`Linux (this is ${process.platform})`];
  // These tests access the lab's nodes directly, so they can't run on another cluster.
  if (process.env["KUBECONFIG"]) return ["KUBECONFIG unset, as it names another cluster"];
  return [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...(findProgram("apt-get") === undefined ? ["Debian's apt-get"] : []),
    ...(findProgram("go") === undefined ? ["Go 1.26 or newer"] : []),
  ];
}

/** Describes what this machine lacks to build the engine, if it has none. */
export function missingForEngine(): string[] {
  return (findProgram("pulumi") ?? findProgram("go")) ? [] : ["pulumi, or Go 1.26 or newer to build it"];
}

/** Describes what this machine lacks to build Helm, if it has none. */
export function missingForHelm(): string[] {
  return (findProgram("helm") ?? findProgram("go")) ? [] : ["helm, or Go 1.26 or newer to build it"];
}
