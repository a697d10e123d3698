import * as z from "zod";
import * as field from "../schema/fields.ts";
import { lease } from "../lease/lease.ts";
import { injectPlan, injectResult } from "./session-protocol.ts";

/** Version 2 adds `link`. */
export const resourceFileVersion = 2;

/**
 * The steps of an injection in order. Each is on disk before its work begins (`creating`, `moving`, …), so that after
 * a crash the next run knows how far the last one can have come.
 */
export const injectionSteps = ["creating", "moving", "configuring", "leasing", "attached"] as const;

/**
 * What a device of the node was before it became the Vnic, and what it is by: nothing that a pod says about the device is
 * believed when it comes back.
 */
const former = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$/),
  mac: field.mac,
  /** Bytes. */
  mtu: z.int().min(0),
  up: z.boolean(),
  /** Its place on the bus of its hardware. */
  bus: z.string().optional(),
  /** The kernel's word for what it is, for one without hardware; and its other end, as the node sees that. */
  kind: z.string().optional(),
  peerIndex: z.int().optional(),
  peerNetns: z.int().optional(),
});

export type Former = z.output<typeof former>;

const link = z.strictObject({
  /** The kernel's number for it in the pod's network namespace, which no pod can change. */
  index: z.int().optional(),
  /** Only in mode host-device; absent in a file of version 1. */
  former: former.optional(),
});

const current = z.strictObject({
  schemaVersion: z.literal(resourceFileVersion),
  step: z.enum(injectionSteps),
  vnic: injectPlan.shape.vnic,
  definition: injectPlan.omit({ vnic: true, pod: true }),
  /** The pod that the Vnic is in, or on its way to. */
  association: injectResult.shape.association,
  /** The DHCP lease whose address the link has. */
  lease: lease.optional(),
  link: link.optional(),
  /** RFC 3339, by the node's clock; for people. */
  updatedAt: z.string(),
});

/** The Vnic resource file: the node's own durable record of one Vnic realised there. Files of version 1 are read as well. */
export const resourceFile = z.preprocess(
  (content) => (isVersion1(content) ? { ...content, schemaVersion: resourceFileVersion } : content),
  current,
);

function isVersion1(content: unknown): content is { schemaVersion: 1 } {
  const { success } = z.looseObject({ schemaVersion: z.literal(1), link: z.undefined().optional() }).safeParse(content);
  return success;
}

export type ResourceFile = z.output<typeof resourceFile>;
