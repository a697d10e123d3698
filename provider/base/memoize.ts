import { byArguments } from "./coalesce.ts";

/** Caches the results of `read` by `key`. Failures and `undefined` aren't cached. */
export function memoize<A extends readonly unknown[], T>(
  read: (...args: A) => Promise<T>,
  key: (...args: A) => string = byArguments,
): (...args: A) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (...args) => {
    const name = key(...args);
    const known = answers.get(name);
    if (known) return known;
    const answer = read(...args);
    answers.set(name, answer);
    const forget = () => answers.delete(name);
    answer.then((found) => found ?? forget(), forget);
    return answer;
  };
}

/** Caches the results of `find` by object, for as long as the object lives. */
export function memoizeByObject<K extends object, V>(find: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const found = known.get(key) ?? find(key);
    known.set(key, found);
    return found;
  };
}
