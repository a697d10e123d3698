/** The number of requests by verb and kind, with the subresource, such as `PATCH vnics/status`. */
export function countKinds(requests: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(requests, kindOf);
  return Object.fromEntries([...groups].map(([kind, its]) => [kind, its.length]));
}

/** Verb and kind of a request, `<METHOD> <path>`. A GET without a name is a LIST. */
export function kindOf(request: string): string {
  const [method = "", path = ""] = request.split(" ");
  // /api/v1/… or /apis/<group>/<version>/…, then namespaces/<namespace> if there is one, kind, name and subresource.
  const [root, ...words] = path.split("/").filter(Boolean);
  const rest = words.slice(root === "api" ? 1 : 2);
  const [kind = "", name, subresource] = rest[0] === "namespaces" && rest.length > 2 ? rest.slice(2) : rest;
  const verb = method === "GET" && name === undefined ? "LIST" : method;
  return `${verb} ${subresource ? `${kind}/${subresource}` : kind}`;
}
