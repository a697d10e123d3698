import * as z from "zod";
import { list, longest, most } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { lease } from "../lease/lease.ts";
import { nodeNetwork } from "../network/mode.ts";
import { plannedDefaultRoute, routing } from "../schema/route-fields.ts";

/**
 * The contract between the cluster side and the node side: one line of JSON each (NDJSON) over the injection Job's
 * stdin and stdout. A request carries an `id`; its answers carry the same: any number of `step` lines, then one
 * `result` or `error`. Many requests may be in flight. The first request is `hello`.
 *
 * The node side validates every plan again: whoever may create Jobs may also write to their stdin.
 */
export const protocolVersion = 1;

const uid = z.uuid();
const containerId = z.string().regex(/^[a-z][a-z0-9-]{0,31}:\/\/[0-9a-f]{64}$/, { error: "is not a container ID" });

const vnic = z.strictObject({ uid, namespace: field.labelName, name: field.labelName });
const pod = z.strictObject({
  namespace: field.labelName,
  name: field.objectName,
  uid,
  containerId,
  /** The UID by which the runtime knows the pod, where that is another: of a static pod. */
  runtimeUid: z
    .string()
    .regex(/^[0-9a-f-]{1,64}$/, { error: "is not a UID" })
    .optional(),
});

/** What DHCP is asked for, and as whom. */
export const dhcpPlan = z.strictObject({
  /** DHCP client identifier, in hexadecimal. */
  clientId: z.string().regex(/^([0-9a-f]{2}){2,64}$/, { error: "is not a client identifier" }),
  hostname: field.hostname.optional(),
  /** Whether its routes are taken, too; and its router, for a default route beside the cluster's own networks. */
  routes: z.boolean().optional(),
  defaultRoute: plannedDefaultRoute.optional(),
});

export const injectPlan = z.strictObject({
  vnic,
  pod,
  network: nodeNetwork,
  interfaceName: field.interfaceName,
  mac: field.mac,
  mtu: field.mtu.optional(),
  /** None only with `dhcp` or `slaac`. */
  addresses: list(field.hostCidr, most.addresses),
  dhcp: dhcpPlan.optional(),
  /** Whether it takes the IPv6 addresses that routers announce (RFC 4862). @default false */
  slaac: z.boolean().optional(),
  /** Whether to ask, before an address is used, who else has it. @default true */
  duplicateAddressDetection: z.boolean().optional(),
  routing: routing.optional(),
});

const addressedPlan = injectPlan.refine(({ addresses, dhcp, slaac }) => addresses.length > 0 || dhcp || slaac, {
  error: "has neither addresses nor dhcp nor slaac",
});

/**
 * `pod` is given while the pod runs; without it only what the resource file knows is taken away. `keepLease`: the Vnic goes on
 * elsewhere, where it shall get the same address from the DHCP server.
 */
export const ejectPlan = z.strictObject({ vnic, pod: pod.optional(), keepLease: z.boolean().optional() });

export const observePlan = z.strictObject({ vnic, pod });

const association = z.strictObject({
  pod: z.strictObject({ namespace: field.labelName, name: field.objectName, uid }),
  sandboxId: z.string(),
  /** The bind mount of the pod's network namespace: its base name if it is in /run/netns, else its whole path. */
  netns: z.string(),
  /** Inode of that namespace: tells it from a later one of the same name. */
  inode: z.number(),
});

const liveInterface = z.strictObject({
  name: z.string().max(longest.labelName),
  mac: z.string().max(longest.mac),
  /** Bytes. */
  mtu: z.number(),
  addresses: z.array(z.string().max(longest.address)).max(most.seenAddresses),
  /** Addresses that the kernel formed from router advertisements; absent when there are none. */
  slaacAddresses: z.array(z.string().max(longest.address)).max(most.seenAddresses).optional(),
  up: z.boolean(),
});

const steps = z.array(z.strictObject({ step: z.string(), milliseconds: z.number() }));

export const injectResult = z.strictObject({
  interface: liveInterface,
  association,
  /** The DHCP lease, if one was asked for. */
  lease: lease.optional(),
  steps,
});
export const ejectResult = z.strictObject({ removed: z.boolean(), steps });
export const observeResult = z.strictObject({
  /** Absent when the NIC isn't in the pod. */
  interface: liveInterface.optional(),
  sandboxId: z.string(),
  /** Whether the node has its resource file, for this pod. */
  resourceFile: z.boolean(),
  /** MTU that the injection chose, in bytes; absent when the resource file has none. */
  decidedMtu: z.number().optional(),
  /** The DHCP lease that the Vnic has now. */
  lease: lease.optional(),
  /** What of its routes and rules isn't as the resource file wants it, in words. */
  routing: z.array(z.string()).optional(),
});
const counters = z.strictObject({ bytes: z.number(), packets: z.number(), errors: z.number(), dropped: z.number() });
export const showResult = z.strictObject({
  /** The resource file as it is; absent when there is none. */
  file: z.unknown().optional(),
  /** Absent when the NIC isn't in the pod. */
  link: z
    .strictObject({ ...liveInterface.shape, counters: z.strictObject({ rx: counters, tx: counters }).optional() })
    .optional(),
});
/** How many entries were removed. */
export const purgeResult = z.strictObject({ removed: z.number() });
/** Results of the Vnics that could be observed. */
export const surveyResult = z.strictObject({ seen: z.array(z.strictObject({ uid, as: observeResult })) });
/** The Vnics of which the node has a resource file. */
export const listResult = z.strictObject({ vnics: z.array(vnic) });
export const inspectResult = z.strictObject({
  /** RFC 3339, by the node's clock. */
  time: z.string(),
  /** Kinds of links that the kernel neither has nor can load. */
  missingKinds: z.array(z.string()),
  /**
   * One result for each network, in the order of the request: the parent, its MTU in bytes and whether it has a carrier; or why
   * there is no parent.
   */
  networks: z.array(
    z.union([
      z.strictObject({ parent: z.string(), mtu: z.number(), carrier: z.boolean() }),
      z.strictObject({ problem: z.string() }),
    ]),
  ),
});
export const goResult = z.strictObject({});
export const helloResult = z.strictObject({ protocol: z.number(), version: z.string() });

export const request = z.discriminatedUnion("verb", [
  z.strictObject({ id: z.int(), verb: z.literal("hello") }),
  /** `hold`: not further than the link on the node until a `go` line comes, so that the driver can check meanwhile. */
  z.strictObject({ id: z.int(), verb: z.literal("inject"), plan: addressedPlan, hold: z.boolean().optional() }),
  /** Lets the held request with the id `of` proceed, or be undone. */
  z.strictObject({ id: z.int(), verb: z.literal("go"), of: z.int(), proceed: z.boolean() }),
  z.strictObject({ id: z.int(), verb: z.literal("eject"), plan: ejectPlan }),
  z.strictObject({ id: z.int(), verb: z.literal("observe"), plan: observePlan }),
  /** All that the node knows of one Vnic, for people. */
  z.strictObject({ id: z.int(), verb: z.literal("show"), plan: observePlan }),
  /** Removes all that the node keeps for us, at the end of an installation; refused while a Vnic is realised there. */
  z.strictObject({ id: z.int(), verb: z.literal("purge") }),
  /** Many Vnics at once. */
  z.strictObject({ id: z.int(), verb: z.literal("survey"), plans: z.array(observePlan) }),
  z.strictObject({ id: z.int(), verb: z.literal("list") }),
  /** What the node offers for networks as it sees them; nothing is changed. */
  z.strictObject({ id: z.int(), verb: z.literal("inspect"), networks: z.array(nodeNetwork) }),
]);

export const answer = z.union([
  z.strictObject({ id: z.int(), step: z.string() }),
  z.strictObject({ id: z.int(), result: z.unknown() }),
  z.strictObject({
    id: z.int(),
    error: z.strictObject({
      kind: z.enum(["invalid", "refused", "conflict", "failed"]),
      message: z.string(),
      subject: z
        .discriminatedUnion("type", [
          z.strictObject({ type: z.literal("agent") }),
          z.strictObject({ type: z.literal("host"), mac: field.mac }),
          z.strictObject({ type: z.literal("interface") }),
        ])
        .optional(),
    }),
  }),
]);

export type InjectPlan = z.output<typeof injectPlan>;
export type EjectPlan = z.output<typeof ejectPlan>;
export type ObservePlan = z.output<typeof observePlan>;
export type InspectResult = z.output<typeof inspectResult>;
export type InjectResult = z.output<typeof injectResult>;
export type EjectResult = z.output<typeof ejectResult>;
export type ObserveResult = z.output<typeof observeResult>;
export type ShowResult = z.output<typeof showResult>;
export type SurveyResult = z.output<typeof surveyResult>;
export type Request = z.output<typeof request>;
export type Answer = z.output<typeof answer>;
/** Which pod holds the Vnic now. */
export type Association = z.output<typeof association>;
/** The NIC as the kernel shows it; addresses in CIDR form, without the link-local ones that the kernel made. */
export type Interface = z.output<typeof liveInterface>;
