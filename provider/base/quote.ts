/** Formats an untrusted value as JSON for a message, cut to a limited length. */
export function quote(value: unknown, mostCharacters = 120): string {
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, mostCharacters + 1) : value) ?? String(value);
  const whole = typeof value !== "string" || value.length <= mostCharacters;
  if (whole && text.length <= mostCharacters * 2) return text;
  const size = typeof value === "string" ? value.length : text.length;
  return `${text.slice(0, mostCharacters)}… (${size} characters)`;
}

/** Formats a value of a definition as JSON for a message; says if it isn't given. */
export function quoteGiven(value: unknown): string {
  return value === undefined ? "not given" : JSON.stringify(value);
}

/** Cuts an untrusted message to a limited length. */
export function truncate(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`;
}
