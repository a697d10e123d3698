/* Escapes untrusted text for Markdown, so that it can't end a table cell or make a link, mention, image or HTML. */

/** Formats text as code: in backticks if that is safe, or else as an HTML element. */
export function codeSpan(text: string, mostCharacters = 200): string {
  return /^[\w.:/,=+()@-](?:[\w .:/,=+()@-]*[\w.:/,=+()@-])?$/.test(text) && text.length <= mostCharacters
    ? `\`${text}\``
    : codeHtml(text, mostCharacters);
}

/** Formats text as code where Markdown isn't interpreted, such as in a `<summary>`. */
export function codeHtml(text: string, mostCharacters = 200): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
  return `<code>${escaped(cut === "" ? '""' : cut)}</code>`;
}

/** Escapes text that is part of a sentence. */
export function plainText(text: string): string {
  return escaped(text);
}

/**
 * Escapes everything but letters, digits and harmless characters as numeric character references, which can't form
 * Markdown structure (CommonMark, "Entity and numeric character references"). Invisible characters and changes of text
 * direction are spelt out.
 */
function escaped(text: string): string {
  return [...text].map((character, index, all) => escapedCharacter(character, all[index - 1], all[index + 1])).join("");
}

function escapedCharacter(character: string, before = "", after = ""): string {
  if (/^[\p{L}\p{N} ,;'"()/→…-]$/u.test(character)) return character;
  // A dot within a number, as in an address, is harmless; elsewhere it may make its neighbours a link.
  if (character === "." && /\d/.test(before) && /\d/.test(after)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (/^[\p{C}\p{Z}]$/u.test(character)) return `&#92;u&#123;${code.toString(16)}&#125;`;
  return `&#${code};`;
}
