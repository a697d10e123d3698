import * as pulumi from "@pulumi/pulumi";
import type { Deadlines, Mode } from "./arguments.ts";
import { type Network, referenceTo } from "./network.ts";
import { type LookUpOptions, whereOf } from "./look-up.ts";
import { urnOf } from "./declared-by.ts";
import { refusePlainCredential } from "./plain-credential.ts";
import { stubOf } from "./stubs.ts";
import { markDerivedSecrets, missingOf, settleAbsent, settleRead } from "./previewed-outputs.ts";

/** Which pod gets the Vnic. */
export interface PodIdentifier {
  /** The pod's namespace. @default "default" */
  namespace?: pulumi.Input<string>;
  /** The pod's name. */
  name: pulumi.Input<string>;
}

/** The external network, as the pod's node sees it. */
export interface NetworkArgs {
  /**
   * The node's NIC that leads to the network: its name, like `"eth1"`, or where names differ what it has: an address in a
   * subnet, like `"192.168.50.0/24"`, a MAC, or a PCI address, like `"0000:03:00.0"`.
   */
  parent: pulumi.Input<string>;
  /**
   * How the pod's NIC is made from the parent. `macvlan`: one more MAC on it, and pods on the same parent see each other;
   * `macvlan-private`: they don't; `bridge`: a port of the bridge that the parent is; `host-device`: the device itself moves
   * into the pod, and comes back when the Vnic goes; `ipvlan`: the parent's own MAC. @default "macvlan"
   */
  mode?: pulumi.Input<Mode>;
  /** VLAN ID of the network on the parent, with the macvlan modes and ipvlan. @default untagged */
  vlan?: pulumi.Input<number>;
}

/** A network that the cluster knows by name. */
export interface NamedNetworkArgs {
  /** Name of the VnicNetwork. */
  name: pulumi.Input<string>;
}

/** A network that a NetworkAttachmentDefinition with a CNI configuration of macvlan, bridge or host-device describes. */
export interface NetworkAttachmentArgs {
  /** Its name, in the pod's namespace, or `<namespace>/<name>`. Its `ipam` is not used. */
  networkAttachmentDefinition: pulumi.Input<string>;
}

/** One route by the Vnic (ip-route(8)). */
export interface RouteArgs {
  /** The destination, like `"10.20.0.0/16"`. */
  to: pulumi.Input<string>;
  /** The next hop, an address in a subnet of the Vnic's own. @default none: the destination is on the network itself */
  via?: pulumi.Input<string>;
  /** @default the kernel's */
  metric?: pulumi.Input<number>;
  /** Number of the routing table. @default the pod's main table */
  table?: pulumi.Input<number>;
}

export interface DefaultRouteArgs {
  /** The cluster's own networks, those of its pods and services, which the pod goes on to reach as before. */
  except: pulumi.Input<pulumi.Input<string>[]>;
}

/** What a DHCP server is asked for. */
export interface DhcpArgs {
  /** A name for the server to know the Vnic by, like `"db-0"`. @default none */
  hostname?: pulumi.Input<string>;
  /**
   * Takes the routes that the server gives (option 121) as well; and its router, if a `defaultRoute` is asked for.
   * @default false
   */
  routes?: pulumi.Input<boolean>;
}

/** An address from a DHCP server, for as long as the node's agent keeps it. */
export interface Lease {
  /** The leased address with its prefix length. */
  address: string;
  /** The server's own address. */
  server: string;
  leaseSeconds: number;
  /** Seconds after which the server is asked for an extension (T1), and after which any server is asked (T2). */
  renewSeconds: number;
  rebindSeconds: number;
  /** Routes that the server gave; only with `dhcp.routes`. */
  routes?: { to: string; via?: string }[];
  /** The server's router, with `dhcp.routes` and a `defaultRoute`. */
  router?: string;
}

/** The resource definition data of a {@link Vnic}. */
export interface VnicArgs {
  /** The pod identifier. Another pod replaces the Vnic. */
  pod: pulumi.Input<PodIdentifier>;
  /**
   * The external network: a Network, the name of one that the cluster knows, what it is, or a NetworkAttachmentDefinition.
   * Another one replaces the Vnic.
   */
  network: Network | pulumi.Input<NetworkArgs | NamedNetworkArgs | NetworkAttachmentArgs | string>;
  /**
   * Addresses with prefix length, IPv4 and IPv6, like `"192.168.50.10/24"` and `"fd50::10/64"`. Changed in place.
   * @default one IPv4 address from a DHCP server, or none with `slaac`
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Asks a DHCP server for an IPv4 address, beside the `addresses` given; needs the node agent. Changed in place.
   * @default asked if neither `addresses` nor `slaac` are given
   */
  dhcp?: pulumi.Input<DhcpArgs>;
  /**
   * Takes the IPv6 addresses that routers on the network announce (SLAAC, RFC 4862), beside the others; no routes, no DNS.
   * They are in `interface.slaacAddresses`, made of the MAC. Changed in place. @default false
   */
  slaac?: pulumi.Input<boolean>;
  /** A unicast MAC address. Another one replaces the Vnic. @default derived from namespace and name: the same on every pod and node */
  mac?: pulumi.Input<string>;
  /**
   * The NIC's name in the pod, at most 15 characters. Another one replaces the Vnic.
   * @default `net` and a number, derived from namespace and name
   */
  interfaceName?: pulumi.Input<string>;
  /** MTU in bytes, from 68 (1280 with IPv6) to the parent's. Changed in place. @default the parent's */
  mtu?: pulumi.Input<number>;
  /**
   * Whether to ask, before an address is used, whether a host on the network has it already, by ARP and neighbour
   * discovery. Takes about a tenth of a second. Changed in place. @default true
   */
  duplicateAddressDetection?: pulumi.Input<boolean>;
  /** Routes by the Vnic, beside those of its addresses' own networks. Changed in place. @default none */
  routes?: pulumi.Input<pulumi.Input<RouteArgs>[]>;
  /** Routers on the network, at most one of each address family, like `"192.168.50.1"`. Changed in place. @default none */
  gateways?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Path that replies from the Vnic's addresses take: the Vnic's gateways, or the pod's own routes.
   * Changed in place. @default "vnic" with gateways
   */
  replyVia?: pulumi.Input<"vnic" | "pod">;
  /** Sends the rest of the pod's own traffic to the gateways, too. Changed in place. @default the pod's own default route stays in use */
  defaultRoute?: pulumi.Input<DefaultRouteArgs>;
  /**
   * Name of the record in the pod's namespace. Another one replaces the Vnic. @default the resource's name when it is made,
   * which stays when the resource is renamed with an alias
   */
  name?: pulumi.Input<string>;
  /** Labels of the record. Changed in place. @default none but our own */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * What a deletion does while the pod still runs: `detach` unplugs the NIC from it; `waitForPod` waits, within
   * `deadlines.deleteSeconds`, until the pod has terminated. Changed in place. @default "detach"
   */
  deletionPolicy?: pulumi.Input<"detach" | "waitForPod">;
  /**
   * Takes over a record of that name that somebody else declared, or that was made with kubectl, if it is the same Vnic;
   * refuses one that differs, naming the fields. @default false
   */
  adopt?: pulumi.Input<boolean>;
  /** How long each operation may take. */
  deadlines?: pulumi.Input<Deadlines>;
  /**
   * The cluster, by its name in the setting `vnic:clusters`. Another one replaces the Vnic. @default the cluster that
   * `vnic:kubeconfig` leads to
   */
  cluster?: pulumi.Input<string>;
}

/** A NIC as the kernel of its node shows it. */
export interface Interface {
  name: string;
  mac: string;
  /** Bytes. */
  mtu: number;
  /** Addresses with prefix length, except the link-local ones that the kernel makes. */
  addresses: string[];
  /** Addresses formed from router advertisements; absent when there are none. */
  slaacAddresses?: string[];
  up: boolean;
}

/** Inputs that are outputs as well: whether such an output is absent when the argument isn't given, or is filled in. */
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
  routes: "absent",
  gateways: "absent",
  replyVia: "absent",
  defaultRoute: "absent",
  labels: "absent",
  deletionPolicy: "absent",
  cluster: "absent",
};
const inputOutputs = Object.keys(inputs) as (keyof typeof inputs)[];

/** Outputs that an `up` or a refresh makes of them. */
const derivedOutputs = ["uid", "node", "podUid", "sandboxId", "networkOnNode", "interface", "lease", "drift"] as const;

/** Outputs that an `up` with these arguments leaves absent. An `up` mends all drift. */
function absentOutputs(args: VnicArgs): string[] {
  const { addresses, dhcp, network } = args as { addresses?: unknown; dhcp?: unknown; network?: unknown };
  const leased = (addresses ?? undefined) === undefined || (dhcp ?? undefined) !== undefined;
  const inline = typeof network === "object" && network !== null && Object.hasOwn(network, "parent");
  return [
    ...missingOf(
      args,
      inputOutputs.filter((key) => inputs[key] === "absent"),
    ),
    ...(leased ? [] : ["dhcp", "lease"]),
    ...(inline && !pulumi.Resource.isInstance(network) ? ["networkOnNode"] : []),
    "drift",
  ];
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
  /** Addresses in canonical form, with prefix length; the leased one is the last. */
  declare readonly addresses: pulumi.Output<string[]>;
  declare readonly dhcp: pulumi.Output<{ hostname?: string; routes?: boolean } | undefined>;
  declare readonly slaac: pulumi.Output<boolean | undefined>;
  declare readonly mac: pulumi.Output<string>;
  declare readonly interfaceName: pulumi.Output<string>;
  /** MTU as given in the arguments; `interface.mtu` is the actual one. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  declare readonly duplicateAddressDetection: pulumi.Output<boolean | undefined>;
  declare readonly routes: pulumi.Output<{ to: string; via?: string; metric?: number; table?: number }[] | undefined>;
  declare readonly gateways: pulumi.Output<string[] | undefined>;
  declare readonly replyVia: pulumi.Output<"vnic" | "pod" | undefined>;
  declare readonly defaultRoute: pulumi.Output<{ except: string[] } | undefined>;
  declare readonly labels: pulumi.Output<Record<string, string> | undefined>;
  declare readonly deletionPolicy: pulumi.Output<"detach" | "waitForPod" | undefined>;
  declare readonly cluster: pulumi.Output<string | undefined>;
  /** UID of the record. */
  declare readonly uid: pulumi.Output<string>;
  /** The worker node on which it is realised. */
  declare readonly node: pulumi.Output<string>;
  /** UID of the pod that holds it. */
  declare readonly podUid: pulumi.Output<string>;
  /** The runtime's ID of that pod's sandbox, which owns the network namespace. */
  declare readonly sandboxId: pulumi.Output<string>;
  /** The network on that node, if it was given by name. */
  declare readonly networkOnNode: pulumi.Output<
    { mode: Mode; parent: string; vlan?: number; mtu?: number; gateways?: string[] } | undefined
  >;
  /** The NIC as it was last seen in the pod. */
  declare readonly interface: pulumi.Output<Interface>;
  /** What the DHCP server has given; absent without DHCP. */
  declare readonly lease: pulumi.Output<Lease | undefined>;
  /** Differences that a refresh found, in words; the next `up` repairs them. Absent when there are none. */
  declare readonly drift: pulumi.Output<string[] | undefined>;

  /**
   * @param name Name of the resource; also of the record, unless `args.name` gives another.
   */
  constructor(name: string, args: VnicArgs | undefined, options?: LookUpOptions) {
    refusePlainCredential();
    const given = args ? { ...args, network: referenceTo(args.network) } : whereOf(options);
    const secretOutputs = [...(options?.additionalSecretOutputs ?? [])];
    const secretsMarked = markDerivedSecrets(given, derivedOutputs, secretOutputs);
    const placeholders = Object.fromEntries([...inputOutputs, ...derivedOutputs].map((key) => [key, undefined]));
    const declaredBy = secretsMarked.then(() => urnOf(Vnic.__pulumiType, name, options?.parent));
    const more = { additionalSecretOutputs: secretOutputs };
    super(
      Vnic.__pulumiType,
      name,
      { ...placeholders, ...given, declaredBy, __provider: stubOf("Vnic") },
      { ...options, ...more },
    );
    if (args) settleAbsent(this, absentOutputs(args), options?.ignoreChanges);
    else settleRead(this, [...inputOutputs, ...derivedOutputs]);
  }

  /**
   * A Vnic that exists, read but not managed.
   *
   * @param id `<namespace>/<name>` of its record.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: LookUpOptions): Vnic {
    return new Vnic(name, undefined, { ...options, id });
  }

  /** Whether an object is a Vnic, also one made by another copy of this package. */
  static override isInstance(object: unknown): object is Vnic {
    return (
      pulumi.Resource.isInstance(object) && (object as { __pulumiType?: string }).__pulumiType === Vnic.__pulumiType
    );
  }
}
