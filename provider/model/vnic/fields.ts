import * as z from "zod";
import { placement } from "../network/placement.ts";
import { networkReference, networkReferenceSpec } from "../network/reference.ts";
import { list, maxItems } from "../schema/bounds.ts";
import { descriptions, type Fields } from "../schema/field.ts";
import * as rule from "../schema/fields.ts";
import { known } from "../schema/known.ts";
import { defaultRoute, gateways, replyVia, routes } from "../schema/route-fields.ts";
import { cluster, deadlines, declaredBy, labels } from "../schema/shared-fields.ts";

/* The fields of a Vnic. Everything else about the fields is derived from this table; see schema/field.ts. */

const podName = known(rule.objectName).register(descriptions, { doc: "The pod's name" });

const pod = z.strictObject({
  namespace: known(rule.labelName).default("default").register(descriptions, {
    doc: "The pod's namespace, in which the record is kept as well",
    default: "`default`",
  }),
  name: podName,
});

const dhcp = z.strictObject({
  hostname: known(rule.hostname)
    .optional()
    .register(descriptions, { doc: "A name to send to the DHCP server, like `db-0`", default: "none" }),
  routes: known(z.boolean()).optional().register(descriptions, {
    doc: "Whether to use the server's routes (option 121) as well, and with `defaultRoute` its router",
    default: "`false`",
  }),
});

export const vnicFields = {
  pod: {
    schema: known(pod),
    change: "replace",
    spec: z.object({ name: podName }),
    doc: "The pod that gets the NIC",
  },
  network: {
    schema: known(networkReference),
    change: "replace",
    spec: networkReferenceSpec,
    doc: "The external network: the name of a [Network](network.md), or an inline definition",
  },
  addresses: {
    schema: known(list(known(rule.hostCidr), maxItems.addresses)).optional(),
    change: "update",
    spec: true,
    doc: "IPv4 and IPv6 addresses with prefix length",
    default: "one from a DHCP server; none with `slaac`",
  },
  dhcp: {
    schema: known(dhcp).optional(),
    change: "update",
    spec: true,
    doc: "Requests an IPv4 address from a DHCP server, in addition to `addresses`",
    default: "`{}` if neither `addresses` nor `slaac` are given",
  },
  slaac: {
    schema: known(z.boolean()).optional(),
    change: "update",
    spec: true,
    doc: "Whether to use the IPv6 prefixes that routers announce, with addresses formed from the MAC; without routes and DNS",
    default: "`false`",
  },
  mac: {
    schema: known(rule.mac).optional(),
    change: "replace",
    spec: true,
    doc: "A unicast MAC address",
    default: "derived from namespace and name: the same on every pod and node",
  },
  interfaceName: {
    schema: known(rule.interfaceName).optional(),
    change: "update",
    spec: true,
    doc: "The NIC's name in the pod, at most 15 characters",
    default: "`net1` … `net999999`, derived from namespace and name",
  },
  mtu: {
    schema: known(rule.mtu).optional(),
    change: "update",
    spec: true,
    doc: "MTU in bytes, from 68 (1280 with IPv6) to the parent's",
    default: "the parent's",
  },
  duplicateAddressDetection: {
    schema: known(z.boolean()).optional(),
    change: "update",
    spec: true,
    doc: "Whether the network is probed for another host with the same address before the address is used",
    default: "`true`",
  },
  placement: {
    schema: known(placement).optional(),
    // A NIC that exists stays as it is; the next one is made this way.
    change: "update",
    spec: true,
    doc: "How a new link gets into the pod: `moved` or `direct`; see [placement](networks-and-modes.md#placement)",
    default: "the Network's, or `moved`",
  },
  routes: {
    schema: known(routes).optional(),
    change: "update",
    spec: true,
    doc: "Routes over the NIC, in addition to those of its addresses' own networks",
    default: "none",
  },
  gateways: {
    schema: known(gateways).optional(),
    change: "update",
    spec: true,
    doc: "Routers on the network, at most one of each address family",
    default: "none",
  },
  replyVia: {
    schema: known(replyVia).optional(),
    change: "update",
    spec: true,
    doc: "Path of replies from the NIC's addresses: `vnic`, through the NIC and its gateways; `pod`, by the pod's own routes",
    default: "`vnic` if there are gateways",
  },
  defaultRoute: {
    schema: known(defaultRoute).optional(),
    change: "update",
    spec: true,
    doc: "Sends the rest of the pod's own traffic to the gateways",
    default: "off",
  },
  name: {
    schema: known(rule.labelName),
    change: "replace",
    spec: false,
    doc: "Name of the record in the pod's namespace",
    default: "the resource's name",
  },
  labels,
  deletionPolicy: {
    schema: known(rule.deletionPolicy).optional(),
    change: "update",
    spec: true,
    doc: "What a deletion does while the pod is still running: `detach` unplugs the NIC; `waitForPod` waits until the pod has terminated",
    default: "`detach`",
  },
  adopt: {
    schema: known(z.boolean()).optional(),
    // This field only affects creation, not the NIC itself.
    change: "nothing",
    spec: false,
    doc: "Takes over a record of the same name that was declared elsewhere or made with kubectl, if it describes the same Vnic",
    default: "`false`",
  },
  deadlines,
  cluster,
  declaredBy,
} as const satisfies Fields;
