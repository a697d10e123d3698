import type { dynamic } from "@pulumi/pulumi";
import { withoutNull } from "../model/schema/known.ts";
import type { Problem } from "../model/schema/problem.ts";
import type { WithStub } from "./stored-stub.ts";

type Inputs = Record<string, unknown>;

/**
 * A resource's inputs from the program, without `null`, and with the name of its record: the given name; or else the
 * one in state, which is kept if the resource is renamed with an alias; or else the resource's own name.
 */
export function programInputs(olds: unknown, { __provider: _, ...news }: WithStub & Inputs): Inputs {
  const given = withoutNull(news) as Inputs;
  if (given.name !== undefined) return given;
  const known = (olds as { name?: unknown } | undefined)?.name;
  const own = typeof given.declaredBy === "string" ? given.declaredBy.split("::").at(-1) : undefined;
  const name = typeof known === "string" ? known : own;
  return name === undefined ? given : { name, ...given };
}

/**
 * The engine prints the value of a property with a problem, however long it is. Longer values are left out, and only
 * the reason quotes them.
 */
const maxCharacters = 1000;

/** Converts problems to check failures. */
export function failuresOf(inputs: Inputs, problems: readonly Problem[]): dynamic.CheckFailure[] {
  return problems.map(({ property, reason }) => {
    const printed = JSON.stringify(inputs[property]) as string | undefined;
    const tooLong = printed !== undefined && printed.length > maxCharacters;
    return tooLong ? { property: "", reason: `${property}: ${reason}` } : { property, reason };
  });
}
