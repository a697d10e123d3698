import * as pulumi from "@pulumi/pulumi";

/*
 * Makes outputs known in previews. In a dry run the SDK treats an absent output as unknown, and everything computed
 * from it as well, so that dependents would plan changes that an `up` doesn't make.
 */

type Outputs = Record<string, pulumi.Output<unknown>>;

/**
 * Marks outputs as absent in a preview. Does nothing in an `up`, where they have their real values.
 * @param properties Outputs that are absent because the arguments that they repeat weren't given.
 * @param ignored The resource's `ignoreChanges`, whose properties may have other values in state.
 */
export function settleAbsent(
  resource: pulumi.Resource,
  properties: readonly string[],
  ignored: readonly string[] = [],
): void {
  if (!pulumi.runtime.isDryRun() || ignored.includes("*")) return;
  const kept = new Set(ignored.map((path) => path.split(/[.[]/)[0]));
  for (const property of properties)
    if (!kept.has(property)) (resource as unknown as Outputs)[property] = resource.urn.apply<unknown>(() => undefined);
}

/**
 * Marks missing outputs as absent for a resource that is only read. A preview reads it too, so they are really absent.
 */
export function settleRead(resource: pulumi.Resource, properties: readonly string[]): void {
  if (!pulumi.runtime.isDryRun()) return;
  const outputs = resource as unknown as Record<string, PeekableOutput>;
  for (const property of properties) {
    const output = outputs[property];
    if (!output) continue;
    (resource as unknown as Outputs)[property] = resource.urn.apply<unknown>(async () =>
      (await output.isKnown) ? output : undefined,
    );
  }
}

/** The SDK doesn't declare the first of these in its types. */
type PeekableOutput = pulumi.Output<unknown> & { readonly isKnown: Promise<boolean> };

/** Arguments that weren't given, or were given as `null`, as in data from JSON or YAML. */
export function missingOf(args: object, properties: readonly string[]): string[] {
  return properties.filter((property) => ((args as Record<string, unknown>)[property] ?? undefined) === undefined);
}
