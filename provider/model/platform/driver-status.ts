import { agentName, group, userOfAccount, version } from "../names.ts";
import { admissionPolicy, literal } from "./admission.ts";
import { isDriver } from "./driver-metadata.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Reserves the status of Vnics and VnicSets for drivers, which decide by it: which claims of addresses to release, and
 * whether a Vnic has left a network. A namespace's Role with `*` also grants the right to write statuses. What the node
 * agent may write is limited by a policy of its own.
 */
export function driverStatusPolicy(): Manifest[] {
  return admissionPolicy({
    name: `driver-status.${group}`,
    resources: [
      {
        apiGroups: [group],
        apiVersions: [version],
        operations: ["UPDATE"],
        resources: ["vnics/status", "vnicsets/status"],
      },
    ],
    condition: `!${isDriver} && request.userInfo.username != ${literal(userOfAccount(agentName))}`,
    validations: [
      {
        expression: "false",
        messageExpression: `'status: it is reserved for drivers, and ' + request.userInfo.username + ' is none: it may not create vnicaddresses.${group}'`,
      },
    ],
  });
}
