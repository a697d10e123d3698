import { labels, networkLabel } from "../names.ts";

/*
 * The VnicNetworks that Vnics are on, as labels of the VnicAddresses of their MACs. Only drivers may write these
 * objects, so a namespace's Vnics on a network are counted by them, whatever the records say.
 */

/** The parts of a stored VnicAddress by which Vnics are counted. */
interface Claim {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>>; readonly resourceVersion: string };
  readonly spec: { readonly holder: { readonly uid: string } };
}

/** A VnicNetwork that a Vnic is to join. */
export interface Membership {
  readonly namespace: string;
  /** Name of the VnicNetwork. */
  readonly network: string;
  /** How many Vnics the namespace may have on the network; any number if undefined. */
  readonly most?: number | undefined;
}

/** The key of the label for one network. */
export function memberKey(network: string): string {
  return `${labels.member}${networkLabel(network)}`;
}

/**
 * The labels of a MAC's claim. Where the number of Vnics is limited, the Vnic is `pending` until its driver has counted
 * the others.
 */
export function memberLabels({ namespace, network, most }: Membership): Readonly<Record<string, string>> {
  return { [labels.namespace]: namespace, [memberKey(network)]: most === undefined ? "member" : "pending" };
}

/** Selects the claims of all Vnics of a namespace on a network, or of all namespaces. */
export function memberSelector(network: string, namespace?: string): string {
  return namespace === undefined ? memberKey(network) : `${labels.namespace}=${namespace},${memberKey(network)}`;
}

/** Whether the claim says that its holder is on the network, not only that it is about to join. */
export function isMemberOf({ metadata }: Claim, network: string): boolean {
  return metadata.labels?.[memberKey(network)] === "member";
}

/** The change that removes a former holder's labels. */
export function withoutMembership({ metadata }: Claim): Readonly<Record<string, null>> {
  const keys = Object.keys(metadata.labels ?? {});
  const ours = keys.filter((key) => key === labels.namespace || key.startsWith(labels.member));
  return Object.fromEntries(ours.map((key) => [key, null]));
}

/** The keys of the labels for other networks than this one. */
export function otherMemberKeys({ metadata }: Claim, network: string | undefined): string[] {
  const own = network === undefined ? undefined : memberKey(network);
  return Object.keys(metadata.labels ?? {}).filter((key) => key.startsWith(labels.member) && key !== own);
}

/**
 * Whether there is a place for the holder with that UID among the claims of its namespace on a network. Members have
 * theirs. Of the Vnics that join at the same time, those come first whose claims were written first, so all drivers
 * that count after they have claimed come to the same result, and together never exceed the limit. A holder without a
 * claim comes after the members.
 */
export function hasPlace(
  claims: readonly Claim[],
  { network, most = Infinity }: Pick<Membership, "network" | "most">,
  uid: string,
): boolean {
  const holders = Map.groupBy(claims, ({ spec }) => spec.holder.uid);
  const isMember = (its: readonly Claim[]) => its.some((claim) => isMemberOf(claim, network));
  const own = holders.get(uid);
  if (own && isMember(own)) return true;
  holders.delete(uid);
  const before = [...holders.values()].filter((its) => isMember(its) || (own && isEarlier(firstOf(its), firstOf(own))));
  return before.length < most;
}

function firstOf(claims: readonly Claim[]): string {
  return claims
    .map(({ metadata }) => metadata.resourceVersion)
    .reduce((one, other) => (isEarlier(other, one) ? other : one));
}

/** Compares resource versions, which are decimal numbers and grow with each write of a kind. */
function isEarlier(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length;
}
