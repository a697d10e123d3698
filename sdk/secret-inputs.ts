import * as pulumi from "@pulumi/pulumi";

/*
 * Pulumi gives a provider secret inputs in plain text, and keeps only those outputs secret that have the name of a
 * secret input. So the SDK finds out which inputs are secret, marks the outputs that are derived from them, and passes
 * the list to the provider, which leaves the values out of its messages.
 */

/** Paths of secret inputs, as lists of keys. A list with a secret element is secret as a whole. */
export type SecretPaths = readonly (readonly string[])[];

/** Returns the paths of the secret values in arguments. */
export async function secretPathsIn(value: unknown, path: readonly string[] = []): Promise<SecretPaths> {
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return [];
  if (pulumi.Output.isInstance(value) || value instanceof Promise || Array.isArray(value))
    // A failure here also makes the resource itself fail.
    return (await pulumi.isSecret(pulumi.output<unknown>(value)).catch(() => false)) ? [path] : [];
  const within = Object.entries(value).map(([key, item]) => secretPathsIn(item, [...path, key]));
  return (await Promise.all(within)).flat();
}

/** The secret inputs of a resource, before they are known. */
export interface SecretInputs {
  /** The input for the provider; undefined if nothing is secret. */
  readonly secretInputs: Promise<SecretPaths | undefined>;
  /** The option `additionalSecretOutputs`, which is complete once {@link secretInputs} is known. */
  readonly additionalSecretOutputs: string[];
  /** Returns the argument; if it isn't given and its default is derived from a secret, a secret without a value. */
  readonly orSecretDefault: (given: unknown) => unknown;
}

/**
 * Looks for secrets in a resource's arguments. If there are any, the outputs `derived` are secret as well. This is known
 * early enough, because the engine gets a resource's options after all inputs have resolved.
 * @param checked Resolves once the arguments' values are known and not refused.
 */
export function findSecrets(
  args: object | undefined,
  derived: readonly string[],
  options: pulumi.CustomResourceOptions | undefined,
  checked: Promise<void>,
): SecretInputs {
  const additionalSecretOutputs = [...(options?.additionalSecretOutputs ?? [])];
  const paths = checked
    .then(() => secretPathsIn(args))
    .then((found) => {
      if (found.length > 0) additionalSecretOutputs.push(...derived);
      return found;
    });
  const defaultOf = async () => ((await paths).some(isIdentity) ? pulumi.secret(null) : undefined);
  return {
    secretInputs: paths.then((found) => (found.length > 0 ? found : undefined)),
    additionalSecretOutputs,
    orSecretDefault: (given) => given ?? defaultOf(),
  };
}

/** Whether a path may include the record's namespace or name, from which a Vnic's defaults are derived. */
function isIdentity([input, key]: readonly string[]): boolean {
  return input === "name" || (input === "pod" && key !== "name");
}
