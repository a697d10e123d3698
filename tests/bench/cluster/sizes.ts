/** How much there is in the simulated cluster. */
export interface ClusterSizes {
  readonly nodes: number;
  /** Pods without a Vnic. */
  readonly otherPods: number;
  readonly vnics: number;
  readonly sets: number;
  /** The Vnics of each set, which are among `vnics`. */
  readonly membersOfSet: number;
  /** Pods with a Vnic that are restarted. */
  readonly restarts: number;
}

/** A large cluster. */
const whole: ClusterSizes = {
  nodes: 1000,
  otherPods: 50_000,
  vnics: 10_000,
  sets: 200,
  membersOfSet: 10,
  restarts: 1000,
};

/** The large cluster divided by a number. A set keeps its size. */
export function sizesOf(divisor: number): ClusterSizes {
  const part = (count: number) => Math.max(1, Math.round(count / divisor));
  const { nodes, otherPods, vnics, sets, membersOfSet, restarts } = whole;
  return {
    nodes: part(nodes),
    otherPods: part(otherPods),
    vnics: Math.max(part(vnics), part(sets) * membersOfSet),
    sets: part(sets),
    membersOfSet,
    restarts: part(restarts),
  };
}
