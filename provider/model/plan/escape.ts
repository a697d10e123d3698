/* Foreign text in Markdown: whatever it holds, it ends no table cell, and makes no link, mention, image or HTML. */

/** Formats a text as code: in backticks where they are safe, else as an HTML element. */
export function codeSpan(text: string, mostCharacters = 200): string {
  return /^[\w.:/,=+()@-](?:[\w .:/,=+()@-]*[\w.:/,=+()@-])?$/.test(text) && text.length <= mostCharacters
    ? `\`${text}\``
    : codeHtml(text, mostCharacters);
}

/** Formats a text as code where Markdown isn't read, such as in a `<summary>`. */
export function codeHtml(text: string, mostCharacters = 200): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
  return `<code>${escaped(cut === "" ? '""' : cut)}</code>`;
}

/** Among other words. */
export function plainText(text: string): string {
  return escaped(text);
}

/**
 * All but letters, digits and what means nothing anywhere as numeric character references, which stand for no structure
 * (CommonMark, "Entity and numeric character references"). What can't be seen, or turns the direction of reading, is
 * spelt out.
 */
function escaped(text: string): string {
  return [...text].map((character, index, all) => escapedCharacter(character, all[index - 1], all[index + 1])).join("");
}

function escapedCharacter(character: string, before = "", after = ""): string {
  if (/^[\p{L}\p{N} ,;'"()/→…-]$/u.test(character)) return character;
  // A dot within a number, as in an address: elsewhere it may make a link of its neighbours.
  if (character === "." && /\d/.test(before) && /\d/.test(after)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (/^[\p{C}\p{Z}]$/u.test(character)) return `&#92;u&#123;${code.toString(16)}&#125;`;
  return `&#${code};`;
}
