import * as z from "zod";
import { list, maxLength, maxItems } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { lease } from "../lease/lease.ts";
import { nodeNetwork } from "../network/mode.ts";
import { placement, placementProblems } from "../network/placement.ts";
import { destination, plannedDefaultRoute, routing } from "../schema/route-fields.ts";

/*
 * The protocol between the cluster side and the node side: lines of JSON (NDJSON) over the injection Job's stdin and
 * stdout. A request has an `id`, which its answers repeat: any number of `step` lines, then one `result` or `error`.
 * Many requests may be in flight. The first request is `hello`. The node side validates every plan again, because
 * anybody who may create Jobs can write to their stdin.
 */

const uid = z.uuid();
const containerId = z.string().regex(/^[a-z][a-z0-9-]{0,31}:\/\/[0-9a-f]{64}$/, { error: "is not a container ID" });

const vnic = z.strictObject({ uid, namespace: field.labelName, name: field.labelName });
const pod = z.strictObject({
  namespace: field.labelName,
  name: field.objectName,
  uid,
  containerId,
  /** The UID under which the runtime knows the pod, if it differs, as for a static pod. */
  runtimeUid: z
    .string()
    .regex(/^[0-9a-f-]{1,64}$/, { error: "is not a UID" })
    .optional(),
  /** Whether the pod's spec says that it forwards IPv4 packets. */
  forwards: z.literal(true).optional(),
});

/** What to request from a DHCP server, and under which identity. */
export const dhcpPlan = z.strictObject({
  /** DHCP client identifier, in hexadecimal. */
  clientId: z.string().regex(/^([0-9a-f]{2}){2,64}$/, { error: "is not a client identifier" }),
  hostname: field.hostname.optional(),
  /** Whether to use the server's routes, and its router if there is a default route. */
  routes: z.boolean().optional(),
  defaultRoute: plannedDefaultRoute.optional(),
  /** Networks that exist only within the cluster, and which no lease may overlap. */
  clusterNetworks: list(destination, maxItems.clusterNetworks).optional(),
});

/** A network as the names of VnicAddresses have it. */
const segment = z.string().min(1).max(maxLength.segment);

export const injectPlan = z.strictObject({
  vnic,
  pod,
  network: nodeNetwork,
  interfaceName: field.interfaceName,
  mac: field.mac,
  mtu: field.mtu.optional(),
  /** Empty only with `dhcp` or `slaac`. */
  addresses: list(field.hostCidr, maxItems.addresses),
  dhcp: dhcpPlan.optional(),
  /** Whether to use IPv6 prefixes that routers announce (RFC 4862). @default false */
  slaac: z.boolean().optional(),
  /** Whether to ask the network before an address is used whether another host has it. @default true */
  duplicateAddressDetection: z.boolean().optional(),
  /** How a new link gets into the pod; says nothing about a link that exists. @default moved */
  placement: placement.optional(),
  routing: routing.optional(),
  /** The segments on which the driver has claimed the addresses. The node refuses a parent that is another one. */
  segments: list(segment, maxItems.segments).optional(),
});

const wholePlan = injectPlan
  .refine(({ addresses, dhcp, slaac }) => addresses.length > 0 || dhcp || slaac, {
    error: "has neither addresses nor dhcp nor slaac",
  })
  .refine(({ network, placement }) => placementProblems(network.mode, placement).length === 0, {
    error: "has a placement that its mode can't have",
    path: ["placement"],
  });

/**
 * `pod` is given while the pod is running; without it, only what the resource file knows is removed. `keepLease`:
 * don't release the DHCP lease, because the Vnic moves to another pod and should keep its address.
 */
export const ejectPlan = z.strictObject({ vnic, pod: pod.optional(), keepLease: z.boolean().optional() });

export const observePlan = z.strictObject({ vnic, pod });

const association = z.strictObject({
  pod: z.strictObject({ namespace: field.labelName, name: field.objectName, uid }),
  sandboxId: z.string(),
  /** The bind mount of the pod's network namespace: its base name if it is in /run/netns, or else its whole path. */
  netns: z.string(),
  /** The inode of that network namespace, which distinguishes it from a later one of the same name. */
  inode: z.number(),
});

const liveInterface = z.strictObject({
  name: z.string().max(maxLength.labelName),
  mac: z.string().max(maxLength.mac),
  /** In bytes. */
  mtu: z.number(),
  addresses: z.array(z.string().max(maxLength.address)).max(maxItems.seenAddresses),
  /** Addresses formed from router advertisements; absent if there are none. */
  slaacAddresses: z.array(z.string().max(maxLength.address)).max(maxItems.seenAddresses).optional(),
  up: z.boolean(),
});

const steps = z.array(z.strictObject({ step: z.string(), milliseconds: z.number() }));

export const injectResult = z.strictObject({
  interface: liveInterface,
  association,
  /** The DHCP lease, if one was requested. */
  lease: lease.optional(),
  steps,
});
export const ejectResult = z.strictObject({
  /** Whether there was a link. */
  removed: z.boolean(),
  /** Whether the node had the Vnic's resource file, and therefore knew in which pod the link was. */
  resourceFile: z.boolean(),
  steps,
});
export const observeResult = z.strictObject({
  /** Absent if the NIC isn't in the pod. */
  interface: liveInterface.optional(),
  sandboxId: z.string(),
  /** Whether the node has the Vnic's resource file, for this pod. */
  resourceFile: z.boolean(),
  /** The MTU that the injection chose, in bytes; absent if the resource file has none. */
  decidedMtu: z.number().optional(),
  /** The current DHCP lease. */
  lease: lease.optional(),
  /** How the Vnic's routes and rules differ from the resource file, in words. */
  routing: z.array(z.string()).optional(),
});
const counters = z.strictObject({ bytes: z.number(), packets: z.number(), errors: z.number(), dropped: z.number() });
export const showResult = z.strictObject({
  /** The content of the resource file; absent if there is none. */
  file: z.unknown().optional(),
  /** Absent if the NIC isn't in the pod. */
  link: z
    .strictObject({ ...liveInterface.shape, counters: z.strictObject({ rx: counters, tx: counters }).optional() })
    .optional(),
});
/** Number of removed entries. */
export const purgeResult = z.strictObject({ removed: z.number() });
/** Results for the Vnics that could be observed. */
export const surveyResult = z.strictObject({ seen: z.array(z.strictObject({ uid, as: observeResult })) });
/** The Vnics that have a resource file on the node. */
export const listResult = z.strictObject({ vnics: z.array(vnic) });
export const inspectResult = z.strictObject({
  /** RFC 3339, by the node's clock. */
  time: z.string(),
  /** Link kinds that the kernel doesn't have and can't load. */
  missingKinds: z.array(z.string()),
  /**
   * One result for each network, in the order of the request: the parent, its MTU in bytes and whether it has a
   * carrier; or why there is no parent.
   */
  networks: z.array(
    z.union([
      z.strictObject({ parent: z.string(), mtu: z.number(), carrier: z.boolean() }),
      z.strictObject({ problem: z.string() }),
    ]),
  ),
});
export const goResult = z.strictObject({});
export const helloResult = z.strictObject({ protocol: z.number(), version: z.string().max(maxLength.labelName) });

export const request = z.discriminatedUnion("verb", [
  z.strictObject({ id: z.int(), verb: z.literal("hello") }),
  /**
   * `hold`: stop before anything is changed in the pod until a `go` line arrives, so that the driver can run its checks
   * meanwhile. A link that isn't made in the pod is made on the node before that.
   */
  z.strictObject({ id: z.int(), verb: z.literal("inject"), plan: wholePlan, hold: z.boolean().optional() }),
  /** Approves or rejects the held request with the ID `of`. */
  z.strictObject({ id: z.int(), verb: z.literal("go"), of: z.int(), proceed: z.boolean() }),
  z.strictObject({ id: z.int(), verb: z.literal("eject"), plan: ejectPlan }),
  z.strictObject({ id: z.int(), verb: z.literal("observe"), plan: observePlan }),
  /** Everything that the node knows about one Vnic, for display. */
  z.strictObject({ id: z.int(), verb: z.literal("show"), plan: observePlan }),
  /**
   * Removes all of our files from the node, when the installation is removed; refused while a Vnic is realised there.
   */
  z.strictObject({ id: z.int(), verb: z.literal("purge") }),
  /** Observes many Vnics at once. */
  z.strictObject({ id: z.int(), verb: z.literal("survey"), plans: z.array(observePlan) }),
  z.strictObject({ id: z.int(), verb: z.literal("list") }),
  /** Checks what the node offers for these networks; changes nothing. */
  z.strictObject({ id: z.int(), verb: z.literal("inspect"), networks: z.array(nodeNetwork) }),
]);

/** A MAC that a host on the network claims to have, which needn't be a valid one. */
const hostMac = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);

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
          z.strictObject({ type: z.literal("host"), mac: hostMac }),
          z.strictObject({ type: z.literal("interface") }),
          z.strictObject({ type: z.literal("segment"), name: segment }),
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
/** The pod that has the Vnic now. */
export type Association = z.output<typeof association>;
/** The NIC as the kernel reports it; addresses in CIDR form, without the kernel's link-local ones. */
export type Interface = z.output<typeof liveInterface>;
