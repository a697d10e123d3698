import * as z from "zod";
import { list, maxItems } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { deviceSettings } from "../link/device-settings.ts";
import { lease } from "../lease/lease.ts";
import { injectPlan, injectResult } from "./session-protocol.ts";

/** Version 2 adds `link`. */
export const resourceFileVersion = 2;

/**
 * The steps of an injection in order. Each is written to disk before its work begins (`creating`, `moving`, …), so
 * that after a crash the next run knows how far the last one may have got.
 */
export const injectionSteps = ["creating", "moving", "configuring", "leasing", "attached"] as const;

/**
 * The state of a device before it became the Vnic, and how to recognise it: when it comes back, nothing that the pod
 * says about it is trusted.
 */
const former = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$/),
  mac: field.mac,
  /** In bytes. */
  mtu: z.int().min(0),
  up: z.boolean(),
  /** The bus address of its hardware. */
  bus: z.string().optional(),
  /** For a device without hardware: its link kind, and its peer as the node sees it. */
  kind: z.string().optional(),
  peerIndex: z.int().optional(),
  peerNetns: z.int().optional(),
  /** The MAC of its hardware. */
  permanentMac: field.mac.optional(),
  /** Names of the node's other links of that hardware, such as the ports of one card. */
  siblings: z.array(z.string()).optional(),
  altnames: z.array(z.string()).optional(),
  settings: deviceSettings.optional(),
  /** The settings of sysctl(8) that a new link wouldn't have, without the device, such as `ipv6/accept_ra=0`. */
  sysctls: z
    .array(z.string().regex(/^ipv[46]\/[a-z0-9_]{1,40}=-?\d{1,10}$/))
    .max(64)
    .optional(),
});

export type Former = z.output<typeof former>;

const link = z.strictObject({
  /** The interface index in the pod's network namespace, which a pod can't change. */
  index: z.int().optional(),
  /**
   * The indexes of the links on the same parent that the pod had before the Vnic, such as links of CNI plugins. All
   * other links on it are the pod's own, and are removed with the Vnic.
   */
  beside: z.array(z.int()).optional(),
  /** The former state of a device; only in mode host-device, and absent in files of version 1. */
  former: former.optional(),
});

const current = z.strictObject({
  schemaVersion: z.literal(resourceFileVersion),
  step: z.enum(injectionSteps),
  vnic: injectPlan.shape.vnic,
  definition: injectPlan
    .omit({ vnic: true, pod: true })
    .extend({ addresses: list(field.storedCidr, maxItems.addresses) }),
  /** The pod that has the Vnic, or is about to get it. */
  association: injectResult.shape.association,
  /** The DHCP lease whose address the link has. */
  lease: lease.optional(),
  link: link.optional(),
  /** RFC 3339, by the node's clock; informational. */
  updatedAt: z.string(),
});

/** The node's durable record of one Vnic that is realised there. Files of version 1 can be read as well. */
export const resourceFile = z.preprocess(
  (content) => (isVersion1(content) ? { ...content, schemaVersion: resourceFileVersion } : content),
  current,
);

function isVersion1(content: unknown): content is { schemaVersion: 1 } {
  const { success } = z.looseObject({ schemaVersion: z.literal(1), link: z.undefined().optional() }).safeParse(content);
  return success;
}

export type ResourceFile = z.output<typeof resourceFile>;
