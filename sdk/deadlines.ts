import * as pulumi from "@pulumi/pulumi";
import type { Deadlines } from "./arguments.ts";

const units = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 } as const;

/**
 * The deadlines of a resource: those in its arguments, or else those of the option `customTimeouts`, which the engine
 * doesn't pass to providers of this kind. Returns arguments that set them, if there are any.
 */
export function withTimeouts<Args extends { readonly deadlines?: pulumi.Input<Deadlines> }>(
  args: Args,
  { create, update, delete: remove }: pulumi.CustomTimeouts = {},
): Args {
  const given = args.deadlines ?? {};
  if (pulumi.Output.isInstance(given) || given instanceof Promise) return args;
  const timeouts = {
    createSeconds: secondsIn(create),
    updateSeconds: secondsIn(update),
    deleteSeconds: secondsIn(remove),
  };
  const set = Object.fromEntries(Object.entries(timeouts).filter(([, seconds]) => seconds !== undefined));
  return Object.keys(set).length === 0 ? args : { ...args, deadlines: { ...set, ...given } };
}

/** The whole seconds of a duration as the engine writes it, like `1h30m`; undefined if it isn't one, which the engine reports. */
function secondsIn(duration: string | undefined): number | undefined {
  if (duration === undefined || !/^(\d+(\.\d+)?(h|m|s|ms|us|µs|ns))+$/.test(duration)) return undefined;
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g);
  return Math.ceil(
    [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit as keyof typeof units], 0),
  );
}
