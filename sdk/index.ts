export type { LookUpOptions } from "./look-up.ts";
export { Network, type NetworkDefinitionArgs, type NodeParentArgs } from "./network.ts";
export { Platform } from "./platform.ts";
export type { PlatformArgs, PlatformPart, ReconcilerArgs, TolerationArgs, WorkloadArgs } from "./platform-args.ts";
export { type AddressRange } from "./arguments.ts";
export { VnicSet, type VnicSetArgs, type VnicTemplate, type WorkloadIdentifier } from "./vnic-set.ts";
export { type Deadlines, type LinkPlacement, type Mode } from "./arguments.ts";
export {
  type DefaultRouteArgs,
  type DhcpArgs,
  type Interface,
  type Lease,
  type NamedNetworkArgs,
  type NetworkArgs,
  type NetworkAttachmentArgs,
  type PodIdentifier,
  type RouteArgs,
  Vnic,
  type VnicArgs,
} from "./vnic.ts";
