import { isVnicError } from "../base/errors.ts";

/**
 * A hook whose expected failures have no stack.
 *
 * Pulumi's provider process prints the stack of what `check`, `diff`, `read` and `delete` throw beside its message: lines of a
 * bundled file, once for each resource, which help no user. An unexpected error keeps its stack.
 */
export function withoutStack<Args extends unknown[], Result>(
  hook: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    try {
      return await hook(...args);
    } catch (error) {
      if (isVnicError(error)) error.stack = "";
      throw error;
    }
  };
}
