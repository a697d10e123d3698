import { isIPv4, isIPv6 } from "node:net";

/*
 * Lines for `ip -batch`, which reads words between spaces, quotes, comments and a backslash before a line's end, and whose
 * commands can do anything in any namespace (`netns exec`). So a line is the program's own text with typed words between, and
 * nothing else is taken where lines are run.
 */

declare const kind: unique symbol;
/** One word of a line, of a strict form. */
export type Word = string & { readonly [kind]: "word" };
/** A line, or a part of one; made by {@link ipLine} alone. */
export type IpLine = string & { readonly [kind]: "line" };

function wordOf(what: string, isValid: (text: string) => boolean): (text: string) => Word {
  return (text) => {
    if (isValid(text)) return text as Word;
    throw new Error(`${JSON.stringify(text.slice(0, 80))} is not ${what}, and can't be part of an ip command`);
  };
}

const plainName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$/;

/** Whether a device's name can stand in a command. A pod may give its links any other that the kernel takes. */
export function isPlainName(name: string): boolean {
  return plainName.test(name);
}

export const device = wordOf("a device's plain name", isPlainName);
export const mac = wordOf("a MAC address", (text) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text));
export const host = wordOf("an IP address", (text) => isIPv4(text) || (isIPv6(text) && !text.includes("%")));
export const cidr = wordOf("an address with its prefix length", (text) => {
  const [address = "", prefix = "", ...rest] = text.split("/");
  return (
    rest.length === 0 &&
    /^\d{1,3}$/.test(prefix) &&
    (isIPv4(address) || /^[0-9a-f:.]+$/i.test(address)) &&
    isHost(address)
  );
});
export const alias = wordOf("an alias of ours", (text) => /^[a-z0-9.-]+\/[a-z0-9-]{1,64}$/.test(text));
export const path = wordOf("the path of a network namespace", (text) =>
  /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/.test(text),
);

function isHost(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes("%"));
}

export function number(value: number): Word {
  return wordOf("a whole number", (text) => /^\d{1,10}$/.test(text))(String(value));
}

/** A link by its name, or by its number where a name can't be part of a command. */
export function handle({ name, index }: { readonly name: string; readonly index?: number | undefined }): Word {
  return isPlainName(name) || index === undefined ? device(name) : device(`if${index}`);
}

/** A line of the program's own text, with words between. */
export function ipLine(text: TemplateStringsArray, ...words: readonly (Word | IpLine)[]): IpLine {
  return String.raw({ raw: text }, ...words) as IpLine;
}

/** What a whole line may be: one command of those that are used here, in printable characters that have no meaning to `ip`. */
const wholeLine = /^(link|address|route|rule|neigh|token) (add|del|set|replace) [A-Za-z0-9 ._:/-]+( "")?$/;

/** The input for `ip -batch`: whatever got past the types, no line can be another command than it looks like. */
export function batchOf(lines: readonly IpLine[]): string {
  for (const line of lines)
    if (!wholeLine.test(line)) throw new Error(`${JSON.stringify(line.slice(0, 200))} is not a line for ip`);
  return lines.map((line) => `${line}\n`).join("");
}
