/**
 * Makes a text safe for a terminal. Texts from others, such as an event's message, may contain control characters that
 * make a terminal do things, hide what follows or reverse its order; these are replaced. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "\ufffd");
}
