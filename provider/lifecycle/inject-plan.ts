import { podForNode, type RunningPod } from "../model/kubernetes/pod.ts";
import { dhcpClientIdentifier } from "../model/names.ts";
import { omitUndefined } from "../model/schema/known.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { type StoredVnic, vnicRef } from "../model/vnic/record.ts";
import type { NetworkOnNode } from "../model/vnic/state.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";

/** Makes the plan for injecting a Vnic into a running pod. A DHCP lease may not overlap `clusterNetworks`. */
export function injectPlan(
  definition: Definition,
  {
    mtu: networkMtu,
    gateways: networkGateways,
    placement: networkPlacement,
    networkStatus: _,
    ...network
  }: NetworkOnNode,
  record: StoredVnic,
  running: RunningPod,
  clusterNetworks: readonly string[] = [],
  segments?: readonly string[],
): InjectPlan {
  const { pod, addresses, dhcp, slaac, mac, interfaceName, mtu = networkMtu, duplicateAddressDetection } = definition;
  const { routes = [], gateways = networkGateways ?? [], replyVia = "vnic", defaultRoute } = definition;
  const { placement = networkPlacement } = definition;
  const routed = routes.length + gateways.length > 0 || dhcp?.routes === true;
  return omitUndefined({
    vnic: { uid: record.metadata.uid, ...vnicRef(definition) },
    pod: podForNode(pod, running),
    network,
    interfaceName,
    mac,
    addresses: [...addresses],
    dhcp: dhcp && {
      clientId: dhcpClientIdentifier(vnicRef(definition)),
      ...dhcp,
      ...(dhcp.routes && defaultRoute ? { defaultRoute } : {}),
      ...(clusterNetworks.length > 0 ? { clusterNetworks: [...clusterNetworks] } : {}),
    },
    slaac,
    mtu,
    duplicateAddressDetection,
    placement,
    segments: segments && [...segments],
    routing: routed ? omitUndefined({ routes, gateways, replyVia, defaultRoute }) : undefined,
  });
}
