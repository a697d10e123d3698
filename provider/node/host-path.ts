/**
 * Where a path of the node is for this process: as it stands, or below the folder that `VNIC_HOST_ROOT` names, for tests that make
 * a node of their own. The node side finds the directories of the runtime's bundles, of network namespaces and of our
 * state by it.
 */
export function hostPath(path: string): string {
  return `${process.env.VNIC_HOST_ROOT ?? ""}${path}`;
}
