export { Platform, type PlatformArgs } from "./platform.ts";
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
