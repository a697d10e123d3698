/** Detects relevant changes of objects for which a watch reports every change. */
export class News<T> {
  private readonly heard = new Map<string, string>();
  private readonly matters: (object: T) => unknown;

  constructor(matters: (object: T) => unknown) {
    this.matters = matters;
  }

  /** Whether the relevant parts differ from those last seen under that key. */
  hear(key: string, object: T): boolean {
    const now = JSON.stringify(this.matters(object));
    const isNews = this.heard.get(key) !== now;
    this.heard.set(key, now);
    return isNews;
  }

  /** Forgets a deleted object. */
  forget(key: string): void {
    this.heard.delete(key);
  }
}
