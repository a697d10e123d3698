import * as pulumi from "@pulumi/pulumi";

/**
 * Refuses the text of a kubeconfig that the stack's configuration holds in plain: the engine would store it as it is, and anyone
 * who may export the stack could read it.
 *
 * @throws RunError with what to do instead.
 */
export function refusePlainCredential(): void {
  // Not declared in the SDK's types.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };
  if (!isConfigSecret) return;
  for (const key of ["vnic:kubeconfig", "vnic:clusters"] as const) {
    const value = pulumi.runtime.getConfig(key);
    if (value === undefined || isConfigSecret(key)) continue;
    const plain = key === "vnic:clusters" ? kubeconfigsOf(value) : [value];
    if (!plain.some(isCredential)) continue;
    throw new pulumi.RunError(
      `${key} holds the text of a kubeconfig in plain, and the stack's state would keep it readable; ` +
        "give the path of a file or env:NAME for an environment variable in its place, or encrypt it: " +
        `pulumi config set --secret ${key}`,
    );
  }
}

/** The kubeconfigs in `vnic:clusters`; the whole value when it isn't an object as JSON. */
function kubeconfigsOf(value: string): string[] {
  try {
    const clusters = JSON.parse(value) as Record<string, { kubeconfig?: unknown } | null> | null;
    return Object.values(clusters ?? {}).flatMap((cluster) =>
      typeof cluster?.kubeconfig === "string" ? [cluster.kubeconfig] : [],
    );
  } catch {
    return [value];
  }
}

/** A path is one line, and no object; a text of base64 or a token may still be a credential in the wrong place. */
function isCredential(value: string): boolean {
  if (/^\s*\{|\n/.test(value)) return true;
  return /^(?![/~.])[\w+/=.-]{40,}$/.test(value) && !/\.(ya?ml|json|conf|config|kubeconfig)$/i.test(value);
}
