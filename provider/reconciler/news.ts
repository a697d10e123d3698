/** Tells what is new of objects that are heard of again and again, by the parts of them that matter. */
export class News<T> {
  private readonly heard = new Map<string, string>();
  private readonly matters: (object: T) => unknown;

  constructor(matters: (object: T) => unknown) {
    this.matters = matters;
  }

  /** Whether it differs from what was last heard under that key. */
  hear(key: string, object: T): boolean {
    const now = JSON.stringify(this.matters(object));
    const isNews = this.heard.get(key) !== now;
    this.heard.set(key, now);
    return isNews;
  }

  /** Forgets an object that is gone. */
  forget(key: string): void {
    this.heard.delete(key);
  }
}
