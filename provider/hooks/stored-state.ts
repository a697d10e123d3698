import { VnicError } from "../base/errors.ts";
import { truncate } from "../base/quote.ts";
import { maxLength } from "../model/schema/bounds.ts";
import { type Problem, problemWords } from "../model/schema/problem.ts";
import {
  type Parsed,
  parseDeclared,
  parseStored,
  parseVersions,
  type StoredShape,
  typeProblems,
} from "../model/schema/stored.ts";
import { refuseNewer } from "../model/vnic/stored.ts";
import { hidingSecrets, type WithSecrets } from "./secret-inputs.ts";

/*
 * What hooks get of a resource in state is read here, before anything is done with it. Edited state leads to an error
 * that names each wrong property, its value, and what to do.
 */

/** A resource in state: its kind and ID. */
export interface Named {
  readonly kind: string;
  readonly id: string;
}

/** Maximum number of problems that are reported at once. */
const mostProblems = 8;

/**
 * Reads the stored outputs of a resource; `idOf` is the ID of the record that they describe.
 * @throws VnicError `invalid` if a newer version wrote them, or if a value can't be right.
 */
export function readStored<State extends WithSecrets>(
  of: Named,
  stored: State,
  shape: StoredShape,
  idOf: (state: State) => string,
): State {
  refuseNewer(valueOf(of, parseVersions(stored)), wordsFor(of));
  readDeclared(of, stored);
  const state = valueOf(of, parseStored(stored, shape), hidingSecrets(stored));
  if (idOf(state) !== of.id) throw editedError(of, [{ property: "id", reason: `is not that of ${idOf(state)}` }]);
  return state;
}

/**
 * Reads the properties of a resource that is only looked up by its ID. They say which values are secret, so a problem
 * with them is reported without any other.
 */
export function readDeclared<Properties>(of: Named, properties: Properties): Properties {
  return valueOf(of, parseDeclared(properties));
}

/** Refuses inputs that can't be compared: a refresh compares with those in state, which no `check` has seen. */
export function refuseIncomparable(of: Named, fields: StoredShape["fields"], inputs: object & WithSecrets): void {
  const problems = typeProblems(fields, inputs);
  if (problems.length > 0) throw editedError(of, problems, hidingSecrets(readDeclared(of, inputs)));
}

function valueOf<Value>(of: Named, parsed: Parsed<Value>, hide?: (text: string) => string): Value {
  if ("value" in parsed) return parsed.value;
  throw editedError(of, parsed.problems, hide);
}

function editedError(of: Named, problems: readonly Problem[], hide = (text: string) => text): VnicError {
  const more = problems.length > mostProblems ? `; and ${problems.length - mostProblems} more` : "";
  const wrong = hide(problemWords(problems.slice(0, mostProblems))) + more;
  const remedy = `correct it in the output of "pulumi stack export", and pass that to "pulumi stack import"`;
  return new VnicError("invalid", `the state of ${wordsFor(of)} was edited or damaged: ${wrong}; ${remedy}`);
}

function wordsFor({ kind, id }: Named): string {
  return `${kind} ${truncate(id, maxLength.attachment)}`;
}
