import type * as z from "zod";
import { quote } from "../../base/quote.ts";

/*
 * Rules about texts. Each is applied twice with the same message: at preview by us, and to a record by the API
 * server, in CEL.
 */

/** A rule about a text, which is evaluated on the value that is parsed from it. */
export interface Rule<Read = string> {
  /** The message for a value that breaks the rule; it follows the value. */
  readonly words: string | ((text: string) => string);
  /** Whether the value satisfies the rule; absent if only the API server needs the rule. */
  readonly holds?: (read: Read) => boolean;
  /** The rule as a CEL expression of `self`; absent if CEL can't express it. */
  readonly cel?: string;
}

/** A text that satisfies all rules. The first one that it breaks is reported. */
export function ruled(text: z.ZodString, rules: readonly Rule[]): z.ZodString {
  return ruledBy(text, (value) => value, rules);
}

/** A text that satisfies all rules about what `read` parses from it, which happens once. */
export function ruledBy<Read>(
  text: z.ZodString,
  read: (text: string) => Read,
  rules: readonly Rule<Read>[],
): z.ZodString {
  return text.superRefine((value, context) => {
    const found = read(value);
    const broken = rules.find(({ holds }) => holds && !holds(found));
    if (broken) context.addIssue({ code: "custom", message: `${quote(value)} ${wordsOf(broken, value)}` });
  });
}

/** The validation of a text by these rules in a CRD; `mostCharacters` limits the estimated cost of a rule. */
export function admitted(mostCharacters: number, rules: readonly Wording[]) {
  return {
    maxLength: mostCharacters,
    "x-kubernetes-validations": rules.flatMap((rule) =>
      rule.cel === undefined
        ? []
        : [{ rule: rule.cel, messageExpression: `'"' + self + '" ${wordsOf(rule, "").replaceAll("'", "\\'")}'` }],
    ),
  };
}

/** A rule that is a regular expression. In CEL it is a RE2 pattern, so it may use only the common syntax. */
export function matches(pattern: RegExp, words: string): Rule {
  return { words, holds: (text) => pattern.test(text), cel: `self.matches('${pattern.source}')` };
}

/** The part of a rule that goes into the CRD. */
type Wording = Pick<Rule, "words" | "cel">;

function wordsOf({ words }: Wording, text: string): string {
  return typeof words === "string" ? words : words(text);
}
