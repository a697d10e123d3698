/**
 * The segments that a network comes to, by which addresses are compared: a parent as nodes name it, with the VLAN, if any.
 * A name means the same LAN on all nodes, so a network given inline, a VnicNetwork and a NetworkAttachmentDefinition with
 * one parent are one segment. A VnicNetwork with several parents is one LAN behind all of them, and comes to each.
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
