import * as pulumi from "@pulumi/pulumi";

/**
 * Refuses a kubeconfig's text in the stack's configuration that isn't a secret: the engine would store it in plain
 * text, and everyone who may export the stack could read it.
 * @throws RunError with the remedy.
 */
export function refusePlainCredential(): void {
  // Not declared in the SDK's types.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };
  if (!isConfigSecret) return;
  for (const key of ["vnic:kubeconfig", "vnic:clusters"] as const) {
    const value = pulumi.runtime.getConfig(key);
    if (value === undefined || isConfigSecret(key)) continue;
    const plain = key === "vnic:clusters" ? textsOf(value) : [value];
    if (!plain.some(isCredential)) continue;
    throw new pulumi.RunError(
      `${key} holds the text of a kubeconfig in plain, and the stack's state would keep it readable; ` +
        "give the path of a file or env:NAME for an environment variable in its place, or encrypt it: " +
        `pulumi config set --secret ${key}`,
    );
  }
}

/** The texts in `vnic:clusters`; the whole value if it isn't an object of clusters, each an object of texts. */
function textsOf(value: string): string[] {
  try {
    const clusters = Object.values(JSON.parse(value) as object) as unknown[];
    const leaves = clusters.flatMap((cluster) =>
      typeof cluster === "object" && cluster !== null ? (Object.values(cluster) as unknown[]) : [undefined],
    );
    return leaves.every((leaf) => typeof leaf === "string") ? leaves : [value];
  } catch {
    return [value];
  }
}

/**
 * Whether a value may be a credential. A path is a single line and no JSON object; base64 text or a token may be a
 * credential.
 */
function isCredential(value: string): boolean {
  if (/^\s*\{|\n/.test(value)) return true;
  return /^(?![/~.])[\w+/=.-]{40,}$/.test(value) && !/\.(ya?ml|json|conf|config|kubeconfig)$/i.test(value);
}
