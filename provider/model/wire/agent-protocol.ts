import * as z from "zod";
import { dhcpPlan, injectResult } from "./session-protocol.ts";
import * as field from "../schema/fields.ts";
import { lease } from "../lease/lease.ts";
import { stateDirectory } from "../kubernetes/runtime-layout.ts";

/**
 * The contract between the injection Job and its node's agent: one line of JSON each way for each connection to a socket in
 * the state directory, which both mount and nobody else. Raise the number with any change: Job and agent may be of
 * different versions for a while.
 */
export const agentProtocolVersion = 2;

export const agentSocket = `${stateDirectory}/agent.sock`;

const { association } = injectResult.shape;

/** Where a DHCP client has to be, and as whom. */
export const leaseSubject = z.strictObject({
  uid: z.uuid(),
  netns: association.shape.netns,
  inode: association.shape.inode,
  interfaceName: field.interfaceName,
  dhcp: dhcpPlan,
  /** Address of an earlier lease, requested again. */
  address: field.hostCidr.optional(),
  /** Whether to ask, before an address is used, who else has it. @default true */
  duplicateAddressDetection: z.boolean().optional(),
});

export const agentRequest = z.discriminatedUnion("verb", [
  z.strictObject({ verb: z.literal("hello") }),
  /** Gets a lease and keeps it from then on; answers with the one that there is already. */
  z.strictObject({ verb: z.literal("acquire"), subject: leaseSubject }),
  /** Ends the client, after it has given the lease back to the server if it is to. */
  z.strictObject({ verb: z.literal("stop"), uid: z.uuid(), release: z.boolean() }),
]);

export const agentAnswer = z.union([
  z.strictObject({ protocol: z.number() }),
  z.strictObject({ lease }),
  z.strictObject({ released: z.boolean() }),
  z.strictObject({ error: z.string() }),
]);

export type LeaseSubject = z.output<typeof leaseSubject>;
export type AgentRequest = z.output<typeof agentRequest>;
export type AgentAnswer = z.output<typeof agentAnswer>;
