import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { sysctls } from "../link/link-steps.ts";
import * as field from "../schema/fields.ts";

/* What the CNI plugins of a NetworkAttachmentDefinition ask for, each field of which is read or refused. */

const mtu = field.mtu.optional();

/** A mode of the plugin, by our name for it; an empty one is the plugin's own default. */
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

/** The plugins whose NICs our modes make. */
export const mainPlugins = { macvlan, ipvlan, bridge, "cnv-bridge": bridge, "host-device": hostDevice };

export type MainPlugin = z.output<(typeof mainPlugins)[keyof typeof mainPlugins]>;

/** What each NIC of ours has set, with the value. */
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

/** Plugins that change what another one made, as far as a Vnic has the same. */
export const chainedPlugins = {
  tuning,
  "cnv-tuning": tuning,
  /** Replies leave by the NIC, as the Vnic's own routing has it. */
  sbr: z.strictObject({ type: z.literal("sbr") }),
  /** Without a rate it limits nothing. */
  bandwidth: z.strictObject({ type: z.literal("bandwidth") }),
  /** Ports of the node, which only a pod's first network has. */
  portmap: z.looseObject({ type: z.literal("portmap") }),
  /** Rules of the node's firewall, which a NIC of the node's LAN doesn't pass. */
  firewall: z.looseObject({
    type: z.literal("firewall"),
    ingressPolicy: z
      .literal("open", { error: ({ input }) => `${quote(input)} isn't enforced; leave it out` })
      .optional(),
  }),
};

export type ChainedPlugin = z.output<(typeof chainedPlugins)[keyof typeof chainedPlugins]>;

/** Fields of any plugin that say nothing of the NIC: of the format, of the runtime, of logs. */
const meaningless = new Set([
  ...["capabilities", "runtimeConfig", "args", "prevResult", "dns", "disableCheck", "disableGC", "cniVersions"],
  ...["logLevel", "logFile", "log_level", "log_file", "logOptions", "dataDir", "bcqueuelen", "ipMasqBackend"],
  // How the kernel looks for duplicates of IPv6 addresses, which a Vnic does itself; and a detail of a VLAN that isn't given.
  ...["enabledad", "preserveDefaultVlan"],
]);

/** Names of the format and of the network, which every configuration has. */
const formal = new Set(["cniVersion", "name"]);

/** The fields of a plugin that have an effect, without disabled fields and comments; and notes on ignored fields. */
export function substanceOf(plugin: object): { readonly substance: object; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const substance = Object.entries(plugin).filter(([key, value]) => {
    if (formal.has(key) || isComment(key) || isOff(value)) return false;
    if (key === "ipam") notes.push(`ipam ${quote((value as { type?: unknown }).type)}`);
    else if (meaningless.has(key)) notes.push(key);
    else return true;
    return false;
  });
  return { substance: Object.fromEntries(substance), notes };
}

function isComment(key: string): boolean {
  return /^(_|\/\/|#|\$)|^(comments?|description)$/i.test(key);
}

/** Whether a field says no more than one that isn't there. */
function isOff(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
