/**
 * Folder below which the node side finds the directories of its node: those of the runtime's bundles, of network namespaces
 * and of our state. Empty, unless `VNIC_HOST_ROOT` names another, as tests do that make a node of their own.
 */
const root = process.env.VNIC_HOST_ROOT ?? "";

/** Where a path of the node is for this process. */
export function hostPath(path: string): string {
  return `${root}${path}`;
}
