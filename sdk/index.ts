export { Platform, type PlatformArgs } from "./platform.ts";
export { type Deadlines, type Interface, type NetworkArgs, type PodIdentifier, Vnic, type VnicArgs } from "./vnic.ts";
