/** Formats an untrusted value as JSON for a message, cut to a limited length. */
export function quote(value: unknown, mostCharacters = 120): string {
  const text = asJson(typeof value === "string" ? value.slice(0, mostCharacters + 1) : value);
  const whole = typeof value !== "string" || value.length <= mostCharacters;
  if (whole && text.length <= mostCharacters * 2) return text;
  const size = typeof value === "string" ? value.length : text.length;
  return `${text.slice(0, mostCharacters)}… (${size} characters)`;
}

/** Formats a value as JSON in which each character can be seen: those that change the direction of text are escaped, too. */
export function asJson(value: unknown): string {
  return visible(stringify(value));
}

function stringify(value: unknown): string {
  try {
    const text = (JSON.stringify(value) as string | undefined) ?? String(value);
    return text;
  } catch {
    // It is nested more deeply than the stack is high, or contains itself.
    return "a value that can't be shown";
  }
}

/** Escapes control and format characters as JSON does, which leaves most of them as they are. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    // A character beyond the first 65536 is two units.
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** Formats a value of a definition as JSON for a message; says if it isn't given. */
export function quoteGiven(value: unknown): string {
  return value === undefined ? "not given" : asJson(value);
}

/** Cuts an untrusted message to a limited length. */
export function truncate(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`;
}
