/**
 * The text of a kubeconfig whose contexts all refer to one server. The client accepts plain HTTP only if TLS
 * verification is off.
 */
export function kubeconfig({ server, contexts = ["test"] }: { server: string; contexts?: readonly string[] }): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": server.startsWith("http:") } }],
    users: [{ name: "test", user: { token: "not-a-secret" } }],
    contexts: contexts.map((name) => ({ name, context: { cluster: "test", user: "test" } })),
    "current-context": contexts[0],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
