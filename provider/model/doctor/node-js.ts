import { isNodeTooOld, nodeVersionRemedy } from "../../base/node-version.ts";
import { type Finding, fault, ok } from "./finding.ts";

/** Examines the version of Node.js that runs this command, which is the first one on `PATH`, as for the provider. */
export function examineNodeJs(version: string): Finding {
  const subject = "Node.js";
  if (!isNodeTooOld(version)) return ok(subject, version);
  return fault(subject, `${version} is too old for the Kubernetes client`, nodeVersionRemedy);
}
