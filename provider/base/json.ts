/** Whether a value is an object, but not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON; returns undefined if the text isn't JSON. The parser's own error would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses JSON that a tenant may have written; returns undefined also if it has more levels than that. What is nested
 * more deeply can't be formatted again: that takes a call for each level, and with indentation the square of their number.
 */
export function parseTenantJson(text: string, mostLevels = 32): unknown {
  return levelsOf(text) <= mostLevels ? parseJson(text) : undefined;
}

/** How deeply lists and objects are nested in a JSON text. */
function levelsOf(text: string): number {
  let [level, deepest, inText] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    // A backslash and the character after it belong to the text in which they are.
    if (inText && character === "\\") at++;
    else if (character === '"') inText = !inText;
    else if (!inText && (character === "[" || character === "{")) deepest = Math.max(deepest, ++level);
    else if (!inText && (character === "]" || character === "}")) level--;
  }
  return deepest;
}
