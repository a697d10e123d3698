import { isIPv4, isIPv6 } from "node:net";

/*
 * Lines for `ip -batch`, which interprets spaces, quotes, comments and trailing backslashes, and whose commands can
 * do anything in any namespace (`netns exec`). So a line consists of the program's own text with typed words in
 * between, and only such lines are run.
 */

declare const kind: unique symbol;
/** One word of a line, in a strict form. */
export type Word = string & { readonly [kind]: "word" };
/** A line, or a part of one. Only {@link ipLine} creates values of this type. */
export type IpLine = string & { readonly [kind]: "line" };

function wordOf(what: string, isValid: (text: string) => boolean): (text: string) => Word {
  return (text) => {
    if (isValid(text)) return text as Word;
    throw new Error(`${JSON.stringify(text.slice(0, 80))} is not ${what}, and can't be part of an ip command`);
  };
}

const plainName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$/;

/** Whether a device's name can be used in a command. A pod may give its links other names. */
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

/** More characters than the alternative name of a link can have (ALTIFNAMSIZ). */
const zeros = "0".repeat(128);
const indexed = wordOf("an interface index", (text) => /^if0{128}[1-9]\d{0,9}$/.test(text));

/**
 * Refers to a link by its index, because a pod may rename its links at any moment. `ip` reads `if` and a number as an
 * index unless a link has that name or alternative name, which is never so long.
 */
export function handle({ name, index }: { readonly name: string; readonly index?: number | undefined }): Word {
  return index === undefined ? device(name) : indexed(`if${zeros}${index}`);
}

/** Removes the zeros of {@link handle} from a text for people. */
export function withoutZeros(text: string): string {
  return text.replace(/\bif0+(?=[1-9])/g, "if");
}

export function onOff(isOn: boolean): Word {
  return (isOn ? "on" : "off") as Word;
}

/** Tag for a line of constant text and words. */
export function ipLine(text: TemplateStringsArray, ...words: readonly (Word | IpLine)[]): IpLine {
  return String.raw({ raw: text }, ...words) as IpLine;
}

/** The form of a whole line: one of the commands used here, in printable characters without a meaning to `ip`. */
const wholeLine =
  /^((link|address|route|rule|neigh|token) (add|del|set|replace) [A-Za-z0-9 ._:/-]+( "")?|address show)$/;

/** Prints all links with their addresses. */
export const showLine = ipLine`address show`;

/** The input for `ip -batch`. Checks each line again, independently of the types. */
export function batchOf(lines: readonly IpLine[]): string {
  for (const line of lines)
    if (!wholeLine.test(line)) throw new Error(`${JSON.stringify(line.slice(0, 200))} is not a line for ip`);
  return lines.map((line) => `${line}\n`).join("");
}
