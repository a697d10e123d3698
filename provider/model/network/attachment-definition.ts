import { parseTenantJson } from "../../base/json.ts";
import type * as z from "zod";
import { VnicError } from "../../base/errors.ts";
import { truncate, quote } from "../../base/quote.ts";
import { annotations } from "../names.ts";
import { maxLength } from "../schema/bounds.ts";
import { omitUndefined, wording } from "../schema/known.ts";
import {
  type ChainedPlugin,
  chainedPlugins,
  type MainPlugin,
  mainPlugins,
  effectiveFieldsOf,
} from "./attachment-plugins.ts";
import type { NodeNetwork } from "./mode.ts";

/*
 * Reads a NetworkAttachmentDefinition (k8s.cni.cncf.io/v1) as a network of ours. Its CNI configuration must be for
 * plugins whose NICs our modes can make. Settings that mean nothing for a Vnic are left out and noted; settings that
 * would change the NIC are refused by name.
 */

/** The fields of a NetworkAttachmentDefinition that we read. */
export interface AttachmentDefinition {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly config?: string };
}

/** The network that a NetworkAttachmentDefinition describes, and its other settings for a Vnic. */
export interface ReadNetwork {
  readonly network: NodeNetwork;
  readonly mtu?: number;
  /** The MAC that the definition gives its NICs. A Vnic may have a different one. */
  readonly mac?: string;
  /** The name under which pods list its Vnics in their annotation network-status, if they do. */
  readonly networkStatus?: string;
  /** Whether replies leave by the NIC that a request came in by. */
  readonly repliesByNic?: boolean;
  /** Settings that have no effect on a Vnic. */
  readonly unused: readonly string[];
}

/** Reads the network from a NetworkAttachmentDefinition. Refuses unsupported configuration, and names the field. */
export function readAttachment(definition: AttachmentDefinition): ReadNetwork {
  const where = attachmentWords(definition);
  const refuse = (text: string) => new VnicError("refused", `network.networkAttachmentDefinition: ${where}: ${text}`);
  const { plugins, pathOf } = pluginsOf(definition, refuse);
  const unused: string[] = [];
  const read = <T>(index: number, schemas: Readonly<Record<string, z.ZodType<T>>>, what: string): T => {
    const path = pathOf(index);
    const plugin = plugins[index] as { readonly type?: unknown } | null | undefined;
    const type = plugin?.type;
    const schema = typeof type === "string" && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
    if (!plugin || !schema)
      throw refuse(`${path}.type: ${quote(type)} is not a plugin that ${what}; use ${Object.keys(schemas).join(", ")}`);
    const { fields, notes } = effectiveFieldsOf(plugin);
    unused.push(...notes.map((note) => `${path}.${note}`));
    const parsed = schema.safeParse(fields, { error: wording });
    if (!parsed.success) throw refuse(parsed.error.issues.map((issue) => complaint(issue, path)).join("; "));
    return parsed.data;
  };
  const main = read<MainPlugin>(0, mainPlugins, "we know");
  const network = networkOf(main, () => refuse(`${pathOf(0)}.device: is missing; give it, hwaddr or pciBusID`));
  const asked: Omit<Mutable<ReadNetwork>, "network" | "unused"> = "mtu" in main && main.mtu ? { mtu: main.mtu } : {};
  const { name, namespace, annotations: notes = {} } = definition.metadata;
  if (notes[annotations.networkStatus] === "true") asked.networkStatus = `${namespace}/${name}`;
  for (const index of plugins.keys()) {
    if (index === 0) continue;
    const chained = read<ChainedPlugin>(index, chainedPlugins, "a Vnic can follow in a chain");
    switch (chained.type) {
      case "sbr":
        asked.repliesByNic = true;
        break;
      case "tuning":
      case "cnv-tuning":
        Object.assign(asked, omitUndefined({ mac: chained.mac, mtu: chained.mtu }));
        break;
      case "bandwidth":
      case "firewall":
      case "portmap":
        unused.push(`${pathOf(index)} ${quote(chained.type)}`);
    }
  }
  return { network, ...asked, unused };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The object's kind and name, for messages. */
export function attachmentWords({ metadata }: AttachmentDefinition): string {
  return `NetworkAttachmentDefinition ${metadata.namespace}/${metadata.name}`;
}

const maxPlugins = 16;

interface Plugins {
  readonly plugins: readonly unknown[];
  /** The path of a plugin in the object. */
  readonly pathOf: (index: number) => string;
}

/** The plugins of a configuration, which is either a single plugin or a list. */
function pluginsOf({ spec }: AttachmentDefinition, refuse: (text: string) => VnicError): Plugins {
  if (!spec?.config) throw refuse("spec.config is empty; only a CNI configuration in it is understood");
  if (spec.config.length > maxLength.attachmentConfig)
    throw refuse(`spec.config has ${spec.config.length} characters; at most ${maxLength.attachmentConfig} are read`);
  const config = parseTenantJson(spec.config);
  if (typeof config !== "object" || config === null) throw refuse("spec.config is not a JSON object");
  const { plugins } = config as { plugins?: unknown };
  if (!Array.isArray(plugins)) return { plugins: [config], pathOf: () => "spec.config" };
  if (plugins.length === 0 || plugins.length > maxPlugins)
    throw refuse(`spec.config.plugins: has ${plugins.length} plugins; it must have 1 to ${maxPlugins}`);
  return { plugins, pathOf: (index) => `spec.config.plugins[${index}]` };
}

function networkOf(config: MainPlugin, noDevice: () => VnicError): NodeNetwork {
  switch (config.type) {
    case "macvlan":
      return { mode: config.mode === "private" ? "macvlan-private" : "macvlan", parent: config.master };
    case "ipvlan":
      return { mode: "ipvlan", parent: config.master };
    case "bridge":
    case "cnv-bridge":
      return { mode: "bridge", parent: config.bridge };
    case "host-device": {
      const parent = config.device ?? config.hwaddr ?? config.pciBusID;
      if (parent === undefined) throw noDevice();
      return { mode: "host-device", parent };
    }
  }
}

function complaint(issue: z.core.$ZodIssue, path: string): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys
      .slice(0, 8)
      .map((key) => `${path}.${truncate(key, 64)}: is not understood; leave it out`)
      .join("; ");
  return `${[path, ...issue.path.map(String)].join(".")}: ${issue.message}`;
}
