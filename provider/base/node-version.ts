import { VnicError } from "./errors.ts";
import { minNodeVersion } from "./package.ts";

/** What to do about a Node.js that is too old. */
export const nodeVersionRemedy = `put Node.js ${minNodeVersion.join(".")} or newer first on PATH`;

/** Whether a version of Node.js is too old for the Kubernetes client, which would fail to load without saying why. */
export function isNodeTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = minNodeVersion;
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

/** Refuses a Node.js that is too old. */
export function refuseOldNode(version: string): void {
  if (!isNodeTooOld(version)) return;
  throw new VnicError("invalid", `Node.js ${version} is too old for the Kubernetes client: ${nodeVersionRemedy}`);
}
