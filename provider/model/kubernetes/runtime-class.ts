/** The fields of a RuntimeClass (node.k8s.io/v1) that we read. */
export interface RuntimeClassObject {
  /** The name of the runtime's handler for such pods. */
  readonly handler?: string;
}

/**
 * Handlers whose containers have their own network stack, in which links of the pod's network namespace aren't
 * visible.
 */
const ownStack: readonly (readonly [handler: RegExp, what: string])[] = [
  [/\b(runsc|gvisor)\b/i, "gVisor"],
  [/\bkata/i, "Kata Containers"],
];

/**
 * The kind of sandbox that hides a NIC from the pod, by the handler of its RuntimeClass, or by the RuntimeClass's name
 * if only that is known.
 */
export function sandboxWithOwnStack(name: string, object: RuntimeClassObject | undefined): string | undefined {
  return ownStack.find(([pattern]) => pattern.test(object?.handler ?? name))?.[1];
}
