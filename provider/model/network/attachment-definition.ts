import { parseJson } from "../../base/json.ts";
import * as z from "zod";
import { VnicError } from "../../base/errors.ts";
import { cut, quote } from "../../base/quote.ts";
import { longest } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { wording } from "../schema/known.ts";
import type { NodeNetwork } from "./mode.ts";

/* A NetworkAttachmentDefinition (k8s.cni.cncf.io/v1) read as a network of ours: CNI configurations of the plugins whose NICs
   our modes make. What a configuration asks for beyond that is refused by name, so that nothing is silently left out. */

/** What we read of it. */
export interface AttachmentDefinition {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: { readonly config?: string };
}

/**
 * Keys that every plugin may have: names of the format and of the network. `ipam` is left alone, as a Vnic says its addresses
 * itself.
 */
const common = {
  cniVersion: z.string().optional(),
  name: z.string().optional(),
  ipam: z.looseObject({ type: z.string().optional() }).optional(),
};
const mtu = z.union([z.literal(0).transform(() => undefined), field.mtu]).optional();

const plugins = {
  macvlan: z.strictObject({
    ...common,
    type: z.literal("macvlan"),
    master: field.parent,
    mode: z
      .enum(["bridge", "private"], {
        error: ({ input }) => `${quote(input)} is not a mode of ours; use "bridge" or "private"`,
      })
      .default("bridge"),
    mtu,
  }),
  bridge: z.strictObject({ ...common, type: z.literal("bridge"), bridge: field.parent, mtu }),
  "host-device": z.strictObject({
    ...common,
    type: z.literal("host-device"),
    device: field.parent.optional(),
    hwaddr: field.parent.optional(),
    pciBusID: field.parent.optional(),
  }),
};

export interface ReadNetwork {
  readonly network: NodeNetwork;
  readonly mtu?: number;
}

/** The network that it describes; refuses, naming the field, what we don't make. */
export function readAttachment({ metadata, spec }: AttachmentDefinition): ReadNetwork {
  const where = `NetworkAttachmentDefinition ${metadata.namespace}/${metadata.name}`;
  const refuse = (text: string) => new VnicError("refused", `network.networkAttachmentDefinition: ${where}: ${text}`);
  if (!spec?.config) throw refuse("spec.config is empty; only a CNI configuration in it is understood");
  if (spec.config.length > longest.attachmentConfig)
    throw refuse(`spec.config has ${spec.config.length} characters; at most ${longest.attachmentConfig} are read`);
  const config = parseJson(spec.config);
  if (typeof config !== "object" || config === null) throw refuse("spec.config is not a JSON object");
  const listed = (config as { plugins?: unknown }).plugins;
  if (Array.isArray(listed) && listed.length !== 1)
    throw refuse(`spec.config.plugins: has ${listed.length} plugins, of which we make only one; leave the others out`);
  const path = Array.isArray(listed) ? "spec.config.plugins[0]" : "spec.config";
  const plugin = (Array.isArray(listed) ? listed[0] : config) as { type?: unknown } | null;
  const type = plugin?.type;
  const schema = isPlugin(type) ? plugins[type] : undefined;
  if (!schema)
    throw refuse(`${path}.type: ${quote(type)} is not a plugin that we know; use ${Object.keys(plugins).join(", ")}`);
  const parsed = schema.safeParse(plugin, { error: wording });
  if (!parsed.success) throw refuse(parsed.error.issues.map((issue) => complaint(issue, path)).join("; "));
  return networkOf(parsed.data, () => refuse(`${path}.device: is missing; give it, hwaddr or pciBusID`));
}

function isPlugin(type: unknown): type is keyof typeof plugins {
  return typeof type === "string" && Object.hasOwn(plugins, type);
}

function networkOf(config: z.output<(typeof plugins)[keyof typeof plugins]>, noDevice: () => VnicError): ReadNetwork {
  switch (config.type) {
    case "macvlan": {
      const mode = config.mode === "private" ? "macvlan-private" : "macvlan";
      return { network: { mode, parent: config.master }, ...sized(config.mtu) };
    }
    case "bridge":
      return { network: { mode: "bridge", parent: config.bridge }, ...sized(config.mtu) };
    case "host-device": {
      const parent = config.device ?? config.hwaddr ?? config.pciBusID;
      if (parent === undefined) throw noDevice();
      return { network: { mode: "host-device", parent } };
    }
  }
}

function sized(mtu: number | undefined): { mtu?: number } {
  return mtu === undefined ? {} : { mtu };
}

function complaint(issue: z.core.$ZodIssue, path: string): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys
      .slice(0, 8)
      .map((key) => `${path}.${cut(key, 64)}: is not understood; leave it out`)
      .join("; ");
  return `${[path, ...issue.path.map(String)].join(".")}: ${issue.message}`;
}
