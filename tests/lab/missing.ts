import { findProgram } from "./find-program.ts";

/** Says why this machine can't run the lab; empty when it can. */
export async function findMissing(): Promise<string[]> {
  if (process.platform !== "linux") return [`Linux (this is ${process.platform})`];
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push("root");
  if ((await findProgram("apt-get")) === undefined) missing.push("Debian's apt-get");
  if ((await findProgram("go")) === undefined) missing.push("go");
  return missing;
}
