import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "pulumi-vnic/manifests";
import type { PlatformArgs, PlatformPart } from "./platform-args.ts";

/**
 * Installs the objects that a cluster needs for Vnics: CRDs, the namespace `vnic-system`, service accounts with the
 * least rights, admission policies, and workloads. Needs the package `@pulumi/kubernetes` in the project. Pass its
 * provider as for any component. Make Vnics and VnicSets of the same program depend on the Platform with `{ dependsOn:
 * platform }`, so that it is destroyed after them.
 *
 * @example
 * const platform = new Platform("vnic", { image: "registry.example/pulumi-vnic-node@sha256:…" });
 */
export class Platform extends pulumi.ComponentResource {
  /** The type token, for policy packs. */
  static readonly __pulumiType = "vnic:index:Platform";

  /** The node image; the stack's `vnic:image` should be the same. */
  readonly image: pulumi.Output<string>;

  constructor(name: string, args: PlatformArgs = {}, options?: pulumi.ComponentResourceOptions) {
    super(Platform.__pulumiType, name, args, options);
    const { defaultImage, partManifests, platformParts } =
      load<typeof import("pulumi-vnic/manifests")>("pulumi-vnic/manifests");
    const image = args.image ?? defaultImage;
    const unknown = args.without?.find((part) => !platformParts.includes(part));
    if (unknown !== undefined)
      throw new pulumi.InputPropertyError({
        propertyPath: "without",
        reason: `${JSON.stringify(unknown)} is not a part; parts are ${platformParts.join(", ")}`,
      });

    const { image: _, without = [], ...rest } = args;
    const make = (part: PlatformPart, image: string) => partManifests(part, { image, ...rest });
    const before: pulumi.Resource[] = [];
    for (const part of platformParts.filter((part) => !without.includes(part))) {
      // The image affects the content of objects, but not which objects there are.
      const made = make(part, defaultImage).map((shape, index) =>
        this.install(
          name,
          shape,
          argsOf(shape, image, (image) => make(part, image)[index]),
          [...before],
        ),
      );
      before.push(...made);
    }
    this.image = pulumi.output(image);
    this.registerOutputs({ image: this.image });
  }

  private install(name: string, { apiVersion, kind, metadata }: Manifest, args: object, dependsOn: pulumi.Resource[]) {
    const ResourceClass = classOf(apiVersion, kind);
    return new ResourceClass(`${name}-${kind.toLowerCase()}-${metadata.name}`, args, { parent: this, dependsOn });
  }
}

type ResourceClass = new (name: string, args: object, options: pulumi.CustomResourceOptions) => pulumi.CustomResource;

/**
 * Resolves `apps/v1`, `Deployment` to `kubernetes.apps.v1.Deployment`. The package is loaded only when it is needed,
 * since not every program has a Platform.
 */
function classOf(apiVersion: string, kind: string): ResourceClass {
  const kubernetes = load<Record<string, Record<string, Record<string, ResourceClass>>>>("@pulumi/kubernetes");
  if (apiVersion.startsWith("security.openshift.io/")) {
    const { CustomResource } = kubernetes["apiextensions"] as unknown as Record<string, ResourceClass>;
    if (CustomResource) return CustomResource;
  }
  const [group = "core", version = apiVersion] = apiVersion.includes("/") ? apiVersion.split("/") : [];
  const found = kubernetes[group.split(".")[0] ?? ""]?.[version]?.[kind];
  if (found) return found;
  throw new pulumi.RunError(`@pulumi/kubernetes has no ${apiVersion} ${kind}; install a newer version of it`);
}

/** Converts an object to arguments. While the image is unknown, only the fields that may contain it are unknown. */
function argsOf(
  shape: Manifest,
  image: pulumi.Input<string>,
  make: (image: string) => Manifest | undefined,
): pulumi.Inputs {
  if (typeof image === "string") return { ...make(image) };
  const made = pulumi.output(image).apply((image): Record<string, unknown> => ({ ...make(image) }));
  const { apiVersion, kind, metadata, ...rest } = shape;
  const fields = Object.keys(rest).map((key) => [key, made.apply((object) => object[key])]);
  return { apiVersion, kind, metadata, ...(Object.fromEntries(fields) as pulumi.Inputs) };
}

function load<T>(name: string): T {
  try {
    return createRequire(import.meta.url)(name) as T;
  } catch (cause) {
    if ((cause as { code?: string }).code !== "MODULE_NOT_FOUND" || name !== "@pulumi/kubernetes") throw cause;
    throw new pulumi.RunError("a Platform is made of resources of @pulumi/kubernetes: npm install @pulumi/kubernetes");
  }
}
