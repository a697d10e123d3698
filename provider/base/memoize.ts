import { byArguments } from "./coalesce.ts";

/** Caches the results of `ask` by `key`. Failures and `undefined` aren't cached. */
export function memoize<A extends readonly unknown[], T>(
  ask: (...args: A) => Promise<T>,
  key: (...args: A) => string = byArguments,
): (...args: A) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (...args) => {
    const name = key(...args);
    const known = answers.get(name);
    if (known) return known;
    const answer = ask(...args);
    answers.set(name, answer);
    const forget = () => answers.delete(name);
    answer.then((found) => found ?? forget(), forget);
    return answer;
  };
}
