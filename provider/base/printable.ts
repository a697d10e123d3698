/**
 * Text as a terminal may be given it. What others wrote, such as an event's message, may hold control characters, by which a
 * terminal can be told to do things: they are replaced. Line breaks, tabs and the styles that are used here stay.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character: string, at: number) => {
    const stays = character === "\n" || character === "\t" || (character === "\u001b" && isStyle(text.slice(at + 1)));
    return stays ? character : "\ufffd";
  });
}

/** Whether what follows an escape character is bold, dim or a foreground colour, or the end of one. */
function isStyle(rest: string): boolean {
  return /^\[(?:[12]|22|3\d)m/.test(rest);
}
