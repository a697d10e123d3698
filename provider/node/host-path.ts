/**
 * Converts a path of the node to a path of this process. Both are the same, unless a test sets `VNIC_HOST_ROOT` to the
 * folder of a node of its own. All accesses to the runtime's bundles, to network namespaces and to our state go through
 * this function.
 */
export function hostPath(path: string): string {
  return `${process.env.VNIC_HOST_ROOT ?? ""}${path}`;
}
