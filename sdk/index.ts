export { Platform, type PlatformArgs } from "./platform.ts";
export {
  type AddressRange,
  VnicSet,
  type VnicSetArgs,
  type VnicTemplate,
  type WorkloadIdentifier,
} from "./vnic-set.ts";
export {
  type Deadlines,
  type DefaultRouteArgs,
  type Interface,
  type Mode,
  type NetworkArgs,
  type PodIdentifier,
  type RouteArgs,
  Vnic,
  type VnicArgs,
} from "./vnic.ts";
