import * as z from "zod";
import { dhcpPlan, injectResult } from "./session-protocol.ts";
import * as field from "../schema/fields.ts";
import { lease } from "../lease/lease.ts";
import { stateDirectory } from "../kubernetes/runtime-layout.ts";

/**
 * The protocol between the injection Job and the agent on its node: one line of JSON in each direction per connection,
 * over a socket in the state directory, which only these two mount. Increase the number with every change, because Job
 * and agent may temporarily be of different versions.
 */
export const agentProtocolVersion = 3;

export const agentSocket = `${stateDirectory}/agent.sock`;

const { association } = injectResult.shape;

/** The network namespace and identity for a DHCP client. */
export const leaseSubject = z.strictObject({
  uid: z.uuid(),
  netns: association.shape.netns,
  inode: association.shape.inode,
  interfaceName: field.interfaceName,
  dhcp: dhcpPlan,
  /** Address of an earlier lease, which is requested again. */
  address: field.storedCidr.optional(),
  /** Whether to ask the network before an address is used whether another host has it. @default true */
  duplicateAddressDetection: z.boolean().optional(),
});

export const agentRequest = z.discriminatedUnion("verb", [
  z.strictObject({ verb: z.literal("hello") }),
  /** Obtains a lease and keeps it, or returns the existing one. */
  z.strictObject({ verb: z.literal("acquire"), subject: leaseSubject }),
  /** Stops the client, after releasing the lease if `release` is set. */
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
