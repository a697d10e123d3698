import type { dynamic } from "@pulumi/pulumi";
import { withoutNull } from "../model/schema/known.ts";
import type { Problem } from "../model/schema/problem.ts";
import { hidingSecrets, type WithSecrets } from "./secret-inputs.ts";
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
  const own = typeof given.declaredBy === "string" ? nameIn(given.declaredBy) : undefined;
  const name = typeof known === "string" ? known : own;
  return name === undefined ? given : { name, ...given };
}

/** The resource's name in its URN, which may itself contain the separator. */
function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/**
 * Longest value that a check failure includes, because the engine prints it completely. Of a longer one, only the reason
 * quotes the beginning.
 */
const maxCharacters = 1000;

/** Converts problems to check failures, without the values of secret inputs. */
export function failuresOf(inputs: Inputs & WithSecrets, problems: readonly Problem[]): dynamic.CheckFailure[] {
  const hide = hidingSecrets(inputs);
  return problems.map(({ property, reason }) => {
    const printed = JSON.stringify(inputs[property]) as string | undefined;
    const tooLong = printed !== undefined && printed.length > maxCharacters;
    const [input] = property.split(/[.[]/);
    const isSecret = inputs.secretInputs?.some(([first]) => first === input) ?? false;
    return tooLong || isSecret
      ? { property: "", reason: hide(`${property}: ${reason}`) }
      : { property, reason: hide(reason) };
  });
}
