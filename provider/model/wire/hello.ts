import { isObject } from "../../base/json.ts";
import { packageVersion } from "../../base/package.ts";

/*
 * The first exchange of a session, which tells the driver whether both sides speak the same protocol. It needs no schema,
 * because building the schemas takes the node side longer than all else at its start.
 */

/** The version of the session protocol. The driver refuses a node side of another version. */
export const protocolVersion = 3;

/** The node side's answer to `hello`. */
export const hello = { protocol: protocolVersion, version: packageVersion };

/** The ID of a valid `hello`: one that the schema of requests accepts. Undefined for any other value. */
export function findHelloId(json: unknown): number | undefined {
  const isHello = isObject(json) && json.verb === "hello" && Object.keys(json).length === 2;
  return isHello && Number.isSafeInteger(json.id) ? (json.id as number) : undefined;
}
