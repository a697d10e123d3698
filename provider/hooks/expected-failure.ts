import { isVnicError } from "../base/errors.ts";

/**
 * Wraps a hook so that its expected failures have no stack. Pulumi's provider process prints the stack of errors from
 * `check`, `diff`, `read` and `delete`, once for each resource, which doesn't help users. An unexpected error keeps
 * its stack.
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
