/** What we read of a RuntimeClass (node.k8s.io/v1). */
export interface RuntimeClassObject {
  /** The runtime's name for what runs such pods. */
  readonly handler?: string;
}

/** Handlers whose containers have a network stack of their own: what is put into the pod's namespace isn't seen inside. */
const ownStack: readonly (readonly [handler: RegExp, what: string])[] = [
  [/\b(runsc|gvisor)\b/i, "gVisor"],
  [/\bkata/i, "Kata Containers"],
];

/** Which sandbox keeps the pod from seeing its NIC, by its RuntimeClass's handler, or its name if that is all that is known. */
export function sandboxWithOwnStack(name: string, object: RuntimeClassObject | undefined): string | undefined {
  return ownStack.find(([pattern]) => pattern.test(object?.handler ?? name))?.[1];
}
