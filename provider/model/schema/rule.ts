import type * as z from "zod";
import { quote } from "../../base/quote.ts";

/* A rule of a text is applied twice: at preview by us, and to a record by the API server, in CEL. Both say the same. */

/** A rule of a text, which it judges by what was read in it. */
export interface Rule<Read = string> {
  /** What is said of a value that breaks the rule, after the value itself. */
  readonly words: string | ((text: string) => string);
  /** Whether the text keeps the rule; absent where only the API server needs it. */
  readonly holds?: (read: Read) => boolean;
  /** The rule in CEL, of `self`; absent where CEL can't express it. */
  readonly cel?: string;
}

/** A text that keeps all rules; the first one that it breaks is reported. */
export function ruled(text: z.ZodString, rules: readonly Rule[]): z.ZodString {
  return ruledBy(text, (value) => value, rules);
}

/** A text that keeps all rules about what `read` finds in it, which is read once. */
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

/** What a CRD says of a text with such rules; `mostCharacters` bounds what a rule may cost. */
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

/** A rule that a pattern expresses. In CEL it is a RE2 pattern, so it may use only what both know. */
export function matches(pattern: RegExp, words: string): Rule {
  return { words, holds: (text) => pattern.test(text), cel: `self.matches('${pattern.source}')` };
}

/** What the API server is told of a rule. */
type Wording = Pick<Rule, "words" | "cel">;

function wordsOf({ words }: Wording, text: string): string {
  return typeof words === "string" ? words : words(text);
}
