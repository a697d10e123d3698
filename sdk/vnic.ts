import * as pulumi from "@pulumi/pulumi";
import type { Deadlines, LinkPlacement, Mode } from "./arguments.ts";
import { type Network, referenceTo } from "./network.ts";
import { type LookUpOptions, whereOf } from "./look-up.ts";
import { leaveOutDebugStacks } from "./debug-stacks.ts";
import { urnOf } from "./declared-by.ts";
import { refusePlainCredential } from "./plain-credential.ts";
import { stubOf } from "./stubs.ts";
import { missingOf, settleAbsent, settleRead } from "./previewed-outputs.ts";
import { withTimeouts } from "./deadlines.ts";
import { refuseForeignValues, refuseOptions } from "./foreign-values.ts";
import { findSecrets } from "./secret-inputs.ts";

/** The pod that gets the Vnic. */
export interface PodIdentifier {
  /** The pod's namespace. @default "default" */
  namespace?: pulumi.Input<string>;
  /** The pod's name. */
  name: pulumi.Input<string>;
}

/** The external network, as the pod's node sees it. */
export interface NetworkArgs {
  /**
   * The node's NIC that leads to the network: its name, like `"eth1"`; or, if names differ between nodes, a subnet in
   * which it has an address, like `"192.168.50.0/24"`, its MAC, or its PCI address, like `"0000:03:00.0"`.
   */
  parent: pulumi.Input<string>;
  /**
   * How the pod's NIC is made from the parent. `macvlan`: an additional MAC on the parent, and pods on the same parent
   * can reach each other; `macvlan-private`: they can't; `bridge`: a port of the bridge that the parent is;
   * `host-device`: the device itself moves into the pod, and comes back when the Vnic is removed; `ipvlan`: shares the
   * parent's MAC. @default "macvlan"
   */
  mode?: pulumi.Input<Mode>;
  /** VLAN ID of the network on the parent; for the macvlan modes and ipvlan. @default untagged */
  vlan?: pulumi.Input<number>;
}

/** A VnicNetwork of the cluster, by name. */
export interface NamedNetworkArgs {
  /** Name of the VnicNetwork. */
  name: pulumi.Input<string>;
}

/**
 * A network defined by a NetworkAttachmentDefinition with a CNI configuration of type macvlan, ipvlan, bridge or host-device,
 * or a list that begins with one.
 */
export interface NetworkAttachmentArgs {
  /** The definition's name, in the pod's namespace, or `<namespace>/<name>`. Its `ipam` is ignored. */
  networkAttachmentDefinition: pulumi.Input<string>;
}

/** A route over the Vnic (ip-route(8)). */
export interface RouteArgs {
  /** The destination, like `"10.20.0.0/16"`. */
  to: pulumi.Input<string>;
  /** The next hop, an address in one of the Vnic's subnets. @default none: the destination is on the network itself */
  via?: pulumi.Input<string>;
  /** @default the kernel's */
  metric?: pulumi.Input<number>;
  /** Number of the routing table. @default the pod's main table */
  table?: pulumi.Input<number>;
}

export interface DefaultRouteArgs {
  /** The cluster's own pod and service networks, which the pod continues to reach by its default route. */
  except: pulumi.Input<pulumi.Input<string>[]>;
}

/** Settings for DHCP. */
export interface DhcpArgs {
  /** A hostname to send to the server, like `"db-0"`. @default none */
  hostname?: pulumi.Input<string>;
  /**
   * Whether to use the routes that the server sends (option 121), and its router if `defaultRoute` is set.
   * @default false
   */
  routes?: pulumi.Input<boolean>;
}

/** A DHCP lease, which the node agent renews. */
export interface Lease {
  /** The leased address with prefix length. */
  address: string;
  /** The server's own address. */
  server: string;
  leaseSeconds: number;
  /** Seconds until the server is asked for an extension (T1), and until any server is asked (T2). */
  renewSeconds: number;
  rebindSeconds: number;
  /** Routes from the server; only with `dhcp.routes`. */
  routes?: { to: string; via?: string }[];
  /** The server's router; only with `dhcp.routes` and `defaultRoute`. */
  router?: string;
}

/** The definition of a {@link Vnic}. */
export interface VnicArgs {
  /** The pod that gets the Vnic. Another pod replaces the Vnic. */
  pod: pulumi.Input<PodIdentifier>;
  /**
   * The external network: a Network, the name of one, an inline definition, or a NetworkAttachmentDefinition. Another
   * network replaces the Vnic.
   */
  network: Network | pulumi.Input<NetworkArgs | NamedNetworkArgs | NetworkAttachmentArgs | string>;
  /**
   * Addresses with prefix length, IPv4 and IPv6, like `"192.168.50.10/24"` and `"fd50::10/64"`. Changed in place.
   * @default one IPv4 address from a DHCP server, or none with `slaac`
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Requests an IPv4 address from a DHCP server, in addition to `addresses`; needs the node agent. Changed in place.
   * @default requested if neither `addresses` nor `slaac` is set
   */
  dhcp?: pulumi.Input<DhcpArgs>;
  /**
   * Whether to use the IPv6 prefixes that routers on the network announce (SLAAC, RFC 4862), in addition to other
   * addresses; without routes and DNS. The addresses are formed from the MAC and appear in `interface.slaacAddresses`.
   * Changed in place. @default false
   */
  slaac?: pulumi.Input<boolean>;
  /**
   * A unicast MAC address. Another one replaces the Vnic. @default derived from namespace and name: the same on every
   * pod and node
   */
  mac?: pulumi.Input<string>;
  /**
   * The NIC's name in the pod, at most 15 characters. Changed in place, unless it is taken in the pod.
   * @default `net` and a number, derived from namespace and name
   */
  interfaceName?: pulumi.Input<string>;
  /** MTU in bytes, from 68 (1280 with IPv6) to the parent's. Changed in place. @default the parent's */
  mtu?: pulumi.Input<number>;
  /**
   * Whether to ask the network before an address is used whether another host has it, by ARP and neighbour discovery.
   * Takes about a tenth of a second. Changed in place. @default true
   */
  duplicateAddressDetection?: pulumi.Input<boolean>;
  /**
   * How a new link gets into the pod: `moved`, made on the node and then moved; `direct`, made in the pod, which is
   * quicker and isn't possible with mode `host-device`. A change has no effect on a NIC that exists.
   * @default the Network's, or "moved"
   */
  placement?: pulumi.Input<LinkPlacement>;
  /** Routes over the Vnic, in addition to those of its own subnets. Changed in place. @default none */
  routes?: pulumi.Input<pulumi.Input<RouteArgs>[]>;
  /**
   * Routers on the network, at most one of each address family, like `"192.168.50.1"`. Changed in place. @default none
   */
  gateways?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The path of replies from the Vnic's addresses: the Vnic's gateways, or the pod's own routes. Changed in place.
   * @default "vnic" if there are gateways
   */
  replyVia?: pulumi.Input<"vnic" | "pod">;
  /**
   * Sends the pod's other traffic to the gateways as well. Changed in place. @default the pod's own default route is
   * kept
   */
  defaultRoute?: pulumi.Input<DefaultRouteArgs>;
  /**
   * Name of the record in the pod's namespace. A new name replaces the Vnic. @default the resource's name at creation,
   * which is kept if the resource is later renamed with an alias
   */
  name?: pulumi.Input<string>;
  /** Labels of the record, in addition to our own. Changed in place. @default none */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * What a deletion does while the pod is still running: `detach` unplugs the NIC; `waitForPod` waits, within
   * `deadlines.deleteSeconds`, until the pod has terminated. Changed in place. @default "detach"
   */
  deletionPolicy?: pulumi.Input<"detach" | "waitForPod">;
  /**
   * Whether to take over an existing record of that name that was declared elsewhere or created with kubectl. It must
   * be the same Vnic; otherwise the error names the fields that differ. @default false
   */
  adopt?: pulumi.Input<boolean>;
  /** How long each operation may take. */
  deadlines?: pulumi.Input<Deadlines>;
  /**
   * Name of the cluster, as in the setting `vnic:clusters`. A new one replaces the Vnic. @default the cluster of
   * `vnic:kubeconfig`
   */
  cluster?: pulumi.Input<string>;
}

/** A NIC as the node's kernel reports it. */
export interface Interface {
  name: string;
  mac: string;
  /** Bytes. */
  mtu: number;
  /** Addresses with prefix length, except the kernel's link-local ones. */
  addresses: string[];
  /** Addresses formed from router advertisements; absent when there are none. */
  slaacAddresses?: string[];
  up: boolean;
}

/** Inputs that are also outputs, and whether such an output is absent if the argument isn't given, or has a default. */
const inputs: Record<Exclude<keyof VnicArgs, "adopt" | "deadlines">, "absent" | "filled in"> = {
  name: "filled in",
  pod: "filled in",
  network: "filled in",
  addresses: "filled in",
  dhcp: "filled in",
  slaac: "absent",
  mac: "filled in",
  interfaceName: "filled in",
  mtu: "absent",
  duplicateAddressDetection: "absent",
  placement: "absent",
  routes: "absent",
  gateways: "absent",
  replyVia: "absent",
  defaultRoute: "absent",
  labels: "absent",
  deletionPolicy: "absent",
  cluster: "absent",
};
const inputOutputs = Object.keys(inputs) as (keyof typeof inputs)[];

/** Outputs that an `up` or a refresh computes. */
const derivedOutputs = ["uid", "node", "podUid", "sandboxId", "networkOnNode", "interface", "lease", "drift"] as const;

/** Outputs that an `up` with these arguments leaves absent. An `up` repairs all drift. */
function absentOutputs(args: VnicArgs): string[] {
  const { network } = args as { network?: unknown };
  const inline = typeof network === "object" && network !== null && Object.hasOwn(network, "parent");
  return [
    ...missingOf(
      args,
      inputOutputs.filter((key) => inputs[key] === "absent"),
    ),
    ...(mayHaveLease(args) ? [] : ["dhcp", "lease"]),
    ...(inline && !pulumi.Resource.isInstance(network) ? ["networkOnNode"] : []),
    "drift",
  ];
}

function mayHaveLease({ addresses, dhcp }: { addresses?: unknown; dhcp?: unknown }): boolean {
  return (addresses ?? undefined) === undefined || (dhcp ?? undefined) !== undefined;
}

/**
 * One more NIC for a pod that is already running: hosts on a network outside the cluster reach it directly, without a
 * Service, NAT or a restart of the pod.
 *
 * @example
 * const wire = new Vnic("db-wire", {
 *   pod: { namespace: "shop", name: "db-0" },
 *   network: { parent: "eth1" },
 *   addresses: ["192.168.50.10/24"],
 * });
 * export const addresses = wire.addresses;
 */
export class Vnic extends pulumi.CustomResource {
  /** The type token, for policy packs. */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/vnic:Vnic";

  /** Name of the record in the pod's namespace. */
  declare readonly name: pulumi.Output<string>;
  declare readonly pod: pulumi.Output<{ namespace: string; name: string }>;
  declare readonly network: pulumi.Output<
    { mode: Mode; parent: string; vlan?: number } | { name: string } | { networkAttachmentDefinition: string }
  >;
  /** Addresses in canonical form, with prefix length; a leased address comes last. */
  declare readonly addresses: pulumi.Output<string[]>;
  declare readonly dhcp: pulumi.Output<{ hostname?: string; routes?: boolean } | undefined>;
  declare readonly slaac: pulumi.Output<boolean | undefined>;
  declare readonly mac: pulumi.Output<string>;
  declare readonly interfaceName: pulumi.Output<string>;
  /** MTU as set in the arguments; `interface.mtu` is the actual one. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  declare readonly duplicateAddressDetection: pulumi.Output<boolean | undefined>;
  declare readonly placement: pulumi.Output<LinkPlacement | undefined>;
  declare readonly routes: pulumi.Output<{ to: string; via?: string; metric?: number; table?: number }[] | undefined>;
  declare readonly gateways: pulumi.Output<string[] | undefined>;
  declare readonly replyVia: pulumi.Output<"vnic" | "pod" | undefined>;
  declare readonly defaultRoute: pulumi.Output<{ except: string[] } | undefined>;
  declare readonly labels: pulumi.Output<Record<string, string> | undefined>;
  declare readonly deletionPolicy: pulumi.Output<"detach" | "waitForPod" | undefined>;
  declare readonly cluster: pulumi.Output<string | undefined>;
  /** UID of the record. */
  declare readonly uid: pulumi.Output<string>;
  /** The node that the pod runs on. */
  declare readonly node: pulumi.Output<string>;
  /** UID of the pod that has the Vnic. */
  declare readonly podUid: pulumi.Output<string>;
  /** The runtime's ID of that pod's sandbox, which owns the network namespace. */
  declare readonly sandboxId: pulumi.Output<string>;
  /** The network as resolved for that node, if it was referenced by name. */
  declare readonly networkOnNode: pulumi.Output<
    | { mode: Mode; parent: string; vlan?: number; mtu?: number; gateways?: string[]; placement?: LinkPlacement }
    | undefined
  >;
  /** The NIC as it was last seen in the pod. */
  declare readonly interface: pulumi.Output<Interface>;
  /** The DHCP lease; absent without DHCP. */
  declare readonly lease: pulumi.Output<Lease | undefined>;
  /** Differences that a refresh found, in words; the next `up` repairs them. Absent if there are none. */
  declare readonly drift: pulumi.Output<string[] | undefined>;

  /** @param name Name of the resource, and of the record unless `args.name` is set. */
  constructor(name: string, args: VnicArgs | undefined, options?: LookUpOptions) {
    refusePlainCredential();
    refuseOptions(`Vnic "${name}"`, options);
    const checked = refuseForeignValues(`Vnic "${name}"`, args);
    const timed = args && withTimeouts(args, options?.customTimeouts);
    const given = timed ? { ...timed, network: referenceTo(timed.network) } : whereOf(options);
    const derived = args && mayHaveLease(args) ? [...derivedOutputs, "addresses"] : derivedOutputs;
    const { secretInputs, additionalSecretOutputs, orSecretDefault } = findSecrets(given, derived, options, checked);
    const placeholders = Object.fromEntries([...inputOutputs, ...derivedOutputs].map((key) => [key, undefined]));
    const defaults = args ? { mac: orSecretDefault(args.mac), interfaceName: orSecretDefault(args.interfaceName) } : {};
    const declaredBy = urnOf(Vnic.__pulumiType, name, options?.parent);
    const restore = leaveOutDebugStacks();
    try {
      super(
        Vnic.__pulumiType,
        name,
        { ...placeholders, ...given, ...defaults, declaredBy, secretInputs, __provider: stubOf("Vnic") },
        { ...options, additionalSecretOutputs },
      );
    } catch (error) {
      restore(error);
      throw error;
    }
    restore();
    if (args) settleAbsent(this, absentOutputs(args), options?.ignoreChanges);
    else settleRead(this, [...inputOutputs, ...derivedOutputs]);
  }

  /**
   * Gets an existing Vnic, which is read but not managed.
   * @param id `<namespace>/<name>` of its record.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: LookUpOptions): Vnic {
    return new Vnic(name, undefined, { ...options, id });
  }

  /** Whether an object is a Vnic, including one from another copy of this package. */
  static override isInstance(object: unknown): object is Vnic {
    return (
      pulumi.Resource.isInstance(object) && (object as { __pulumiType?: string }).__pulumiType === Vnic.__pulumiType
    );
  }
}
