import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { sysctls } from "../link/link-steps.ts";
import * as field from "../schema/fields.ts";

/* The CNI plugins of a NetworkAttachmentDefinition. Each of their fields is either read or refused. */

const mtu = field.mtu.optional();

/** A plugin's field `mode` as one of `modes`; the first of these is the plugin's default. */
function oneOf<T extends string>(modes: readonly [T, ...T[]]) {
  const names = modes.map((mode) => `"${mode}"`).join(" or ");
  const error = ({ input }: { input?: unknown }) => `${quote(input)} is not a mode of ours; use ${names}`;
  return z.enum(modes, { error }).default(modes[0] as never);
}

const macvlan = z.strictObject({
  type: z.literal("macvlan"),
  master: field.parent,
  mode: oneOf(["bridge", "private"]),
  mtu,
});
const ipvlan = z.strictObject({ type: z.literal("ipvlan"), master: field.parent, mode: oneOf(["l2"]), mtu });
const bridge = z.strictObject({ type: z.enum(["bridge", "cnv-bridge"]), bridge: field.parent, mtu });
const hostDevice = z.strictObject({
  type: z.literal("host-device"),
  device: field.parent.optional(),
  hwaddr: field.parent.optional(),
  pciBusID: field.parent.optional(),
});

/** The plugins whose NICs our modes can make. */
export const mainPlugins = { macvlan, ipvlan, bridge, "cnv-bridge": bridge, "host-device": hostDevice };

export type MainPlugin = z.output<(typeof mainPlugins)[keyof typeof mainPlugins]>;

/** The kernel settings that every NIC of ours has anyway. */
const ownSysctls = new Set(sysctls("IFNAME", { addresses: ["192.0.2.1/24", "2001:db8::1/64"] }));

const sysctl = z
  .record(z.string(), z.unknown())
  .refine((given) => Object.entries(given).every(([key, value]) => isOwnSysctl(key, value)), {
    error: ({ input }) => {
      const others = Object.entries(input as Record<string, unknown>).filter(
        ([key, value]) => !isOwnSysctl(key, value),
      );
      return `${others.map(([key, value]) => quote(`${key}=${String(value)}`)).join(", ")} is not what a Vnic sets; leave it out`;
    },
  });

function isOwnSysctl(key: string, value: unknown): boolean {
  return ownSysctls.has(`${key.replaceAll(".", "/")}=${String(value)}`);
}

const tuning = z.strictObject({
  type: z.enum(["tuning", "cnv-tuning"]),
  mac: field.mac.optional(),
  mtu,
  sysctl: sysctl.optional(),
});

/** Plugins that change the NIC of another plugin, as far as a Vnic has the same effect. */
export const chainedPlugins = {
  tuning,
  "cnv-tuning": tuning,
  /** Source-based routing: replies leave through the NIC, as with a Vnic's own routing. */
  sbr: z.strictObject({ type: z.literal("sbr") }),
  /** A bandwidth limit; without a rate it has no effect. */
  bandwidth: z.strictObject({ type: z.literal("bandwidth") }),
  /** Ports of the node, which only lead to a pod's first network. */
  portmap: z.looseObject({ type: z.literal("portmap") }),
  /** Rules of the node's firewall, which doesn't see traffic of a NIC on the node's LAN. */
  firewall: z.looseObject({
    type: z.literal("firewall"),
    ingressPolicy: z
      .literal("open", { error: ({ input }) => `${quote(input)} isn't enforced; leave it out` })
      .optional(),
  }),
};

export type ChainedPlugin = z.output<(typeof chainedPlugins)[keyof typeof chainedPlugins]>;

/** Fields of any plugin that don't affect the NIC: they concern the format, the runtime, or logs. */
const irrelevantFields = new Set([
  ...["capabilities", "runtimeConfig", "args", "prevResult", "dns", "disableCheck", "disableGC", "cniVersions"],
  ...["logLevel", "logFile", "log_level", "log_file", "logOptions", "dataDir", "bcqueuelen", "ipMasqBackend"],
  // Duplicate detection of IPv6 addresses by the kernel, which a Vnic does itself; and a detail of VLANs without effect
  // here.
  ...["enabledad", "preserveDefaultVlan"],
]);

/** Fields that every configuration has: the version of the format, and the network's name. */
const formatFields = new Set(["cniVersion", "name"]);

/** The fields of a plugin that have an effect, without disabled fields and comments; and notes on ignored fields. */
export function effectiveFieldsOf(plugin: object): { readonly fields: object; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const fields = Object.entries(plugin).filter(([key, value]) => {
    if (formatFields.has(key) || isComment(key) || isOff(value)) return false;
    if (key === "ipam") notes.push(`ipam ${quote((value as { type?: unknown }).type)}`);
    else if (irrelevantFields.has(key)) notes.push(key);
    else return true;
    return false;
  });
  return { fields: Object.fromEntries(fields), notes };
}

function isComment(key: string): boolean {
  return /^(_|\/\/|#|\$)|^(comments?|description)$/i.test(key);
}

/** Whether a field has the same meaning as if it were absent. */
function isOff(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
