/**
 * The segments of a network, within which addresses must be unique: the parent as nodes name it, with the VLAN if
 * there is one. A name is assumed to mean the same LAN on all nodes, so an inline network, a VnicNetwork and a
 * NetworkAttachmentDefinition with the same parent are one segment. If a node names it in another way, because the parent is
 * given by its MAC, for example, the Vnic's addresses are claimed by that name as well. A VnicNetwork with several parents is one LAN
 * behind all of them, and has a segment for each.
 */
export function segmentsOf(network: {
  readonly parent?: string | undefined;
  readonly parents?: readonly { readonly parent: string }[] | undefined;
  readonly vlan?: number | undefined;
}): string[] {
  const { parent, parents = [], vlan } = network;
  const all = [...(parent === undefined ? [] : [parent]), ...parents.map((each) => each.parent)];
  return [...new Set(all.map((name) => (vlan === undefined ? name : `${name}.${vlan}`)))].sort();
}
