import * as pulumi from "@pulumi/pulumi";

/* What a preview can tell of outputs. In a dry run the SDK takes every output that is absent for one that isn't known yet,
   and anything built of it is then unknown as a whole: dependents would plan changes that an `up` doesn't make. */

type Outputs = Record<string, pulumi.Output<unknown>>;

/**
 * Makes outputs known to be absent in a preview. Does nothing in an `up`, where they have their real values.
 *
 * @param properties Outputs that are absent, as the arguments that they repeat weren't given.
 * @param ignored The resource's `ignoreChanges`: what is ignored may have another value in state.
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

/** Marks outputs as absent for a resource that is only read. A preview reads it, too, so a missing output is really absent. */
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

/** The SDK keeps the first of these out of its types. */
type PeekableOutput = pulumi.Output<unknown> & { readonly isKnown: Promise<boolean> };

/** Arguments that weren't given; `null` is what data from JSON or YAML has for that. */
export function missingOf(args: object, properties: readonly string[]): string[] {
  return properties.filter((property) => ((args as Record<string, unknown>)[property] ?? undefined) === undefined);
}

/**
 * Resolves once it is known whether any argument is secret, and then has put the outputs that are derived from arguments
 * into `secretOutputs`, which the engine is told of after all inputs have resolved.
 */
export async function markDerivedSecrets(
  args: object | undefined,
  derived: readonly string[],
  secretOutputs: string[],
): Promise<void> {
  if (args === undefined) return;
  // What fails here fails the resource itself as well.
  const secret = await pulumi.isSecret(pulumi.output<unknown>(args)).catch(() => false);
  if (secret) secretOutputs.push(...derived);
}
