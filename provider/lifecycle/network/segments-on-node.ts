import type { NodeNetwork } from "../../model/network/mode.ts";
import type { SessionPool } from "../session/session-pool.ts";

/*
 * The names that nodes have given for networks, in the memory of one process. They spare the node's refusal for the next Vnic, and
 * let a Vnic that waits for an address look for its holder there before it claims anything.
 */

const known = new WeakMap<SessionPool, Map<string, string>>();
const mostKnown = 10_000;

/** Remembers a segment's name on a node. Returns the name that it had before, if it was known. */
export function rememberSegment(
  sessions: SessionPool,
  node: string,
  network: NodeNetwork,
  segment: string,
): string | undefined {
  const names = known.get(sessions) ?? new Map<string, string>();
  known.set(sessions, names);
  if (names.size >= mostKnown) names.clear();
  const key = keyOf(node, network);
  const before = names.get(key);
  names.set(key, segment);
  return before;
}

/** The segments, with the name on the node if it is known and another one. */
export function withKnownSegment(
  sessions: SessionPool,
  node: string,
  network: NodeNetwork,
  segments: readonly string[],
): readonly string[] {
  const name = known.get(sessions)?.get(keyOf(node, network));
  return name === undefined || segments.includes(name) ? segments : [...segments, name];
}

function keyOf(node: string, { parent, vlan = 0 }: NodeNetwork): string {
  return `${node} ${parent} ${vlan}`;
}
