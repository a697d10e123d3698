/** A value of a user's, a pod's or a server's, as JSON for a message: bounded, whatever its size. */
export function quote(value: unknown, mostCharacters = 120): string {
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, mostCharacters + 1) : value) ?? String(value);
  const whole = typeof value !== "string" || value.length <= mostCharacters;
  if (whole && text.length <= mostCharacters * 2) return text;
  const size = typeof value === "string" ? value.length : text.length;
  return `${text.slice(0, mostCharacters)}… (${size} characters)`;
}

/** A message, cut where it is longer than that; what others say may be in it. */
export function cut(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`;
}
