/**
 * Leaves out the stack traces that the engine's SDK records for each promise of a resource, four for each output. They
 * cost a third of the time of a program with many resources, because source maps translate each of them. Only
 * PULUMI_DEBUG_PROMISE_LEAKS shows them, and then they are kept. The place of the declaration, which the engine stores,
 * is found regardless.
 * @returns A function that ends this. It gives an error, which was thrown meanwhile, the program's stack trace.
 */
export function leaveOutDebugStacks(): (thrown?: unknown) => void {
  const limit = Error.stackTraceLimit;
  if (!process.env["PULUMI_DEBUG_PROMISE_LEAKS"]) Error.stackTraceLimit = 0;
  return function restore(thrown) {
    Error.stackTraceLimit = limit;
    if (thrown instanceof Error) Error.captureStackTrace(thrown, restore);
  };
}
