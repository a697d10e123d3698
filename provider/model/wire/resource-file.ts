import * as z from "zod";
import { lease } from "../lease/lease.ts";
import { injectPlan, injectResult } from "./session-protocol.ts";

export const resourceFileVersion = 1;

/**
 * The steps of an injection in order. Each is on disk before its work begins (`creating`, `moving`, …), so that after
 * a crash the next run knows how far the last one can have come.
 */
export const injectionSteps = ["creating", "moving", "configuring", "leasing", "attached"] as const;

/** The Vnic resource file: the node's own durable record of one Vnic realised there. */
export const resourceFile = z.strictObject({
  schemaVersion: z.literal(resourceFileVersion),
  step: z.enum(injectionSteps),
  vnic: injectPlan.shape.vnic,
  definition: injectPlan.omit({ vnic: true, pod: true }),
  /** The pod that the Vnic is in, or on its way to. */
  association: injectResult.shape.association,
  /** The DHCP lease whose address the link has. */
  lease: lease.optional(),
  /** RFC 3339, by the node's clock; for people. */
  updatedAt: z.string(),
});

export type ResourceFile = z.output<typeof resourceFile>;
