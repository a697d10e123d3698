import { ensureDebianPackages } from "../../lab/debian-packages.ts";
import { findProgram } from "../../lab/find-program.ts";
import { ensureKubernetes } from "../../lab/programs.ts";

const canInstall = (): boolean => process.getuid?.() === 0 && findProgram("apt-get") !== undefined;

/** Describes what this machine lacks to run an API server; empty if it lacks nothing. Root isn't needed. */
export function missingForApi(): string[] {
  return [
    ...(findProgram("go") === undefined ? ["Go 1.25 or newer"] : []),
    ...(findProgram("etcd") === undefined && !canInstall() ? ["etcd"] : []),
  ];
}

/** Builds the API server, and installs etcd if it is missing. */
export async function prepareApi(): Promise<void> {
  if (findProgram("etcd") === undefined) await ensureDebianPackages(["etcd-server"]);
  await ensureKubernetes();
}
