import { hash } from "node:crypto";

/** Detects relevant changes of objects for which a watch reports every change. */
export class ChangeFilter<T> {
  private readonly lastSeen = new Map<string, string>();
  private readonly relevantParts: (object: T) => unknown;

  constructor(relevantParts: (object: T) => unknown) {
    this.relevantParts = relevantParts;
  }

  /** Whether the relevant parts differ from the parts last seen under that key. */
  changed(key: string, object: T): boolean {
    // A digest is much smaller than what it is made of.
    const now = hash("sha256", JSON.stringify(this.relevantParts(object)), "base64");
    const isChanged = this.lastSeen.get(key) !== now;
    this.lastSeen.set(key, now);
    return isChanged;
  }

  /** Forgets a deleted object. */
  forget(key: string): void {
    this.lastSeen.delete(key);
  }
}
