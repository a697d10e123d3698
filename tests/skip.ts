import type { Context } from "mocha";

/** Skips the running test; the report shows what is missing. */
export function skip(context: Context, missing: string): never {
  if (context.test) context.test.title += ` (skipped: ${missing})`;
  return context.skip();
}
