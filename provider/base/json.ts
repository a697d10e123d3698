/** The value that a JSON text stands for; undefined for a text that is no JSON. The parser's own words would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
