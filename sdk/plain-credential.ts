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
  const value = pulumi.runtime.getConfig("vnic:kubeconfig");
  if (value === undefined || !isCredential(value) || !isConfigSecret || isConfigSecret("vnic:kubeconfig")) return;
  throw new pulumi.RunError(
    "vnic:kubeconfig holds the text of a kubeconfig in plain, and the stack's state would keep it readable; " +
      "name a file (vnic:kubeconfig: /path/of/kubeconfig) or an environment variable (vnic:kubeconfig: env:NAME), or encrypt it: " +
      "pulumi config set --secret vnic:kubeconfig < kubeconfig",
  );
}

/** A path is one line, and no object; a text of base64 or a token may still be a credential in the wrong place. */
function isCredential(value: string): boolean {
  if (/^\s*\{|\n/.test(value)) return true;
  return /^(?![/~.])[\w+/=.-]{40,}$/.test(value) && !/\.(ya?ml|json|conf|config|kubeconfig)$/i.test(value);
}
