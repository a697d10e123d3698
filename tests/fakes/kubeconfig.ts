/** The text of a kubeconfig whose contexts all lead to one server. */
export function kubeconfig({ server, contexts = ["test"] }: { server: string; contexts?: readonly string[] }): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server } }],
    users: [{ name: "test", user: { token: "not-a-secret" } }],
    contexts: contexts.map((name) => ({ name, context: { cluster: "test", user: "test" } })),
    "current-context": contexts[0],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
