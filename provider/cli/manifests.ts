/* The manifests as a library: for the class `Platform`, the command line and other tools. */
export type { Manifest } from "../model/platform/manifest.ts";
export { platformOptions, type PlatformOptions } from "../model/platform/options.ts";
export { partManifests, platformManifests, type PlatformPart, platformParts } from "../model/platform/platform.ts";
export { defaultImage } from "../base/package.ts";
