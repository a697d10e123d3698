import { familyOf, hostOf } from "../../base/address.ts";
import { hostCidr } from "../schema/host-cidr.ts";
import * as z from "zod";
import { isList, maxItems } from "../schema/bounds.ts";
import { type Canonical, shapeOf } from "../schema/field.ts";
import { omitUndefined, unknownValue, wording } from "../schema/known.ts";
import { hasOwnMac, type Mode } from "../network/mode.ts";
import { placementProblems } from "../network/placement.ts";
import { isNamed, type NetworkReference, referenceProblems } from "../network/reference.ts";
import { termProblems } from "../network/terms.ts";
import { deriveInterfaceName, deriveMac } from "../names.ts";
import { type Problem, problemsOf } from "../schema/problem.ts";
import { routeProblems } from "../schema/route-fields.ts";
import { vnicFields } from "./fields.ts";

/** A Vnic's definition in canonical form, with every default filled in. */
export const definition = z.strictObject(shapeOf(vnicFields));

type Parsed = z.output<typeof definition>;

/** {@link definition} as `check` returns it, and as all other hooks receive it. */
export interface Definition extends Canonical<Omit<Parsed, "addresses" | "mac" | "interfaceName">> {
  /** In canonical CIDR form; empty only with `dhcp` or `slaac`. */
  readonly addresses: readonly string[];
  readonly mac: string;
  readonly interfaceName: string;
}

/** Validates the user's inputs: returns the canonical definition, or all problems at once. Does no I/O. */
export function parseDefinition(inputs: unknown): { definition: Definition } | { problems: Problem[] } {
  const parsed = definition.safeParse(inputs, { error: wording });
  const problems = [
    ...(parsed.error?.issues.flatMap((issue) => problemsOf(issue, "a Vnic")) ?? []),
    ...crossFieldProblems(inputs),
  ];
  if (!parsed.success || problems.length > 0) return { problems };
  const derived = derive(parsed.data);
  const refused = networkProblems(derived);
  return refused.length > 0 ? { problems: refused } : { definition: derived };
}

/** Problems with the limits of the network, if the network is defined in the same program. */
function networkProblems(definition: Definition): Problem[] {
  const { network } = definition;
  if (typeof network !== "object" || !isNamed(network) || !network.definition) return [];
  return termProblems({ ...network.definition, name: network.name }, definition);
}

function derive(parsed: Parsed): Definition {
  const { name, pod, network, addresses, dhcp, slaac, mac, interfaceName, ...rest } = parsed;
  const identity = { namespace: (pod as unknown) === unknownValue ? unknownValue : pod.namespace, name };
  const derivable = identity.namespace !== unknownValue && name !== unknownValue;
  return omitUndefined({
    ...rest,
    name,
    pod,
    network: qualify(network, identity.namespace),
    addresses: addresses ?? [],
    dhcp: dhcp ?? (addresses === undefined && !slaac ? {} : undefined),
    slaac,
    mac: mac ?? (derivable ? deriveMac(identity) : unknownValue),
    interfaceName: interfaceName ?? (derivable ? deriveInterfaceName(identity) : unknownValue),
  });
}

/** Converts a definition to inputs, in which addresses from DHCP are unknown. */
export function inputsOf(definition: Definition): Partial<Definition> {
  const { addresses, ...rest } = definition;
  return addresses.length === 0 ? rest : definition;
}

/** The inverse of {@link inputsOf}. */
export function fromInputs(inputs: Omit<Definition, "addresses"> & Partial<Definition>): Definition {
  return { addresses: [], ...inputs };
}

/** Adds the pod's namespace to a NetworkAttachmentDefinition without one. */
function qualify(network: NetworkReference, namespace: string): NetworkReference {
  if (typeof network !== "object" || !("networkAttachmentDefinition" in network)) return network;
  const { networkAttachmentDefinition: name } = network;
  if (name.includes("/") || [name, namespace].includes(unknownValue)) return network;
  return { networkAttachmentDefinition: `${namespace}/${name}` };
}

/**
 * Rules between fields, applied to the raw inputs, so that they are reported together with problems of single fields.
 */
function crossFieldProblems(inputs: unknown): Problem[] {
  const given = (inputs ?? {}) as Record<string, unknown>;
  const { network } = given;
  return [
    ...referenceProblems(network),
    ...macProblems(inputs),
    ...placementProblems((network as { mode?: unknown } | null | undefined)?.mode, given["placement"]),
    ...addressProblems(given),
    ...mtuProblems(given),
    ...routeProblems(given),
  ];
}

/** Problems with the MAC: a mode without its own MAC accepts only the derived MAC, which a record may contain. */
function macProblems(inputs: unknown): Problem[] {
  const { name, pod, network, mac } = (inputs ?? {}) as Record<string, unknown>;
  const { mode } = (network ?? {}) as { mode?: Mode };
  const { namespace = "default" } = (pod ?? {}) as { namespace?: string };
  if (mac === undefined || mac === unknownValue || mode === undefined || hasOwnMac(mode)) return [];
  if (mac === deriveMac({ namespace, name: String(name) })) return [];
  return [{ property: "mac", reason: `can't be given with mode "${mode}", whose NICs share their parent's` }];
}

function addressProblems({ addresses, dhcp, slaac }: Record<string, unknown>): Problem[] {
  if (!isList(addresses, maxItems.addresses)) return [];
  if (addresses.length === 0 && dhcp === undefined && !slaac)
    return [{ property: "addresses", reason: `is empty; give one, like "192.168.50.10/24", or leave it out for DHCP` }];
  const hosts = hostsOf(addresses);
  const firsts = new Map<string, number>();
  return hosts.flatMap((host, index) => {
    if (host === undefined) return [];
    const first = firsts.get(host);
    if (first === undefined) firsts.set(host, index);
    if (first === undefined) return [];
    return { property: `addresses[${index}]`, reason: `"${host}" is the same address as addresses[${first}]` };
  });
}

function mtuProblems({ mtu: given, addresses, slaac }: Record<string, unknown>): Problem[] {
  const mtu = typeof given === "string" ? Number(given) : given;
  if (typeof mtu !== "number" || !(mtu >= 68 && mtu < 1280)) return [];
  const announced = slaac === true || slaac === "true";
  const ipv6 =
    hostsOf(addresses).find((host) => host !== undefined && familyOf(host) === 6) ?? (announced ? "slaac" : undefined);
  if (ipv6 === undefined) return [];
  const reason = `${mtu} is below 1280, the minimum of IPv6 (RFC 8200), and ${ipv6} is IPv6`;
  return [{ property: "mtu", reason }];
}

/** The addresses without prefix lengths; undefined in place of an invalid one. */
function hostsOf(addresses: unknown): (string | undefined)[] {
  if (!isList(addresses, maxItems.addresses)) return [];
  return addresses.map((address) => {
    const parsed = hostCidr.safeParse(address).data;
    return parsed && hostOf(parsed);
  });
}
