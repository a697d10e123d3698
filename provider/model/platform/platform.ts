import { addressCrd } from "../address/crd.ts";
import { vnicCrd } from "../vnic/crd.ts";
import { annotations, injectorServiceAccount, systemNamespace } from "../names.ts";
import { networkCrd } from "../network/crd.ts";
import { vnicSetCrd } from "../vnic-set/crd.ts";
import { agentPart } from "./agent.ts";
import { driverMetadataPolicy } from "./driver-metadata.ts";
import { driverStatusPolicy } from "./driver-status.ts";
import { inlinePolicy } from "./inline-policy.ts";
import { type Manifest, serviceAccount } from "./manifest.ts";
import { networkPolicy } from "./network-policy.ts";
import { networkStatusPart } from "./network-status.ts";
import { providerPart } from "./provider.ts";
import { openshiftPart } from "./openshift.ts";
import { parsePlatformOptions, type PlatformOptions } from "./options.ts";
import { withCustomMetadata } from "./custom-metadata.ts";
import { reconcilerPart } from "./reconciler.ts";
import { systemPolicy, templatesIn } from "./system-policy.ts";
import { tenantRoles } from "./tenants.ts";

export type { Manifest } from "./manifest.ts";

/**
 * The parts of a platform, in an order in which each can be applied after the previous ones, and deleted before them. The policies
 * come before the rights that they limit. Any may be left out.
 */
const parts = {
  namespace,
  crds: () => [vnicCrd(), vnicSetCrd(), networkCrd(), addressCrd()],
  // The account has no rights: the node side never calls the API server.
  injector: (options) => [serviceAccount(injectorServiceAccount), ...openshiftPart(options)],
  policies,
  provider: providerPart,
  agent: agentPart,
  reconciler: reconcilerPart,
} satisfies Record<string, (options: PlatformOptions) => Manifest[]>;

export type PlatformPart = keyof typeof parts;
export const platformParts = Object.keys(parts) as PlatformPart[];

/** All objects that a cluster needs for Vnics, as plain objects; the result is the same on every call. */
export function platformManifests(
  options: PlatformOptions & { readonly without?: readonly PlatformPart[] },
): Manifest[] {
  const { without = [], ...rest } = options;
  return platformParts.filter((part) => !without.includes(part)).flatMap((part) => partManifests(part, rest));
}

/** The objects of one part. Throws if an option is invalid. */
export function partManifests(part: PlatformPart, options: PlatformOptions): Manifest[] {
  const make: (options: PlatformOptions) => Manifest[] = parts[part];
  return make(parsePlatformOptions(options)).map((manifest) => withCustomMetadata(manifest, options));
}

/**
 * The admission policies, and the roles for users. In our namespace, the policies admit the workloads of all parts, even
 * of parts left out, as these may be installed separately.
 */
function policies(options: PlatformOptions): Manifest[] {
  const others = platformParts.filter((part) => part !== "policies");
  const standing = templatesIn(others.flatMap((part) => partManifests(part, options)));
  return [
    ...systemPolicy(options, standing),
    ...networkPolicy(),
    ...inlinePolicy(),
    ...driverMetadataPolicy(),
    ...driverStatusPolicy(),
    ...tenantRoles(),
    ...networkStatusPart(options),
  ];
}

/** The namespace of our pods, and of no others, because Pod Security's `baseline` forbids what injection Jobs need. */
function namespace({ runtimeLayout }: PlatformOptions) {
  const level = "pod-security.kubernetes.io";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: systemNamespace,
        labels: { [`${level}/enforce`]: "privileged", [`${level}/warn`]: "privileged" },
        // Drivers read the layout here, because only administrators may write namespaces.
        ...(runtimeLayout === undefined ? {} : { annotations: { [annotations.runtimeLayout]: runtimeLayout } }),
      },
    },
  ];
}
