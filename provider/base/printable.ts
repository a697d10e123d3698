/**
 * Makes a text safe for a terminal. Texts from others, such as an event's message, may contain control characters that
 * make a terminal do things, or that reverse the order of what follows; these are replaced. Line breaks, tabs and the
 * styles that this program uses stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character: string, at: number) => {
    const stays = character === "\n" || character === "\t" || (character === "\u001b" && isStyle(text.slice(at + 1)));
    return stays ? character : "\ufffd";
  });
}

/** Whether the text after an escape character switches bold, dim or a foreground colour on, or a style off. */
function isStyle(rest: string): boolean {
  return /^\[(?:[12]|22|3\d)m/.test(rest);
}
