import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { planFor, type Pod } from "./world.ts";

/** A network, and how the link gets into the pod. */
export interface Way {
  readonly network: InjectPlan["network"];
  readonly placement: NonNullable<InjectPlan["placement"]>;
}

export const macvlan: Way = { network: { mode: "macvlan", parent: "eth1" }, placement: "moved" };
const bridge: Way = { network: { mode: "bridge", parent: "br7" }, placement: "moved" };
export const device: Way = { network: { mode: "host-device", parent: "eth7" }, placement: "moved" };

/** All ways into a pod of a world with parents. */
export const ways: readonly Way[] = [
  macvlan,
  bridge,
  device,
  ...[macvlan, bridge].map((way): Way => ({ ...way, placement: "direct" })),
];

export const describeWay = ({ network: { mode }, placement }: Way): string => `mode ${mode} and placement ${placement}`;

/** The only address of such a plan. */
export const address = "192.168.50.70/24";

/** A plan whose addresses are probed in one mode only, because that takes time and is the same in all modes. */
export function planOf(pod: Pod, { network, placement }: Way): InjectPlan {
  return planFor(pod, address, { network, placement, duplicateAddressDetection: network.mode === "macvlan" });
}
