import { StringDecoder } from "node:string_decoder";

/** Splits incoming text into lines. The excess of a line that is longer than `longest` is dropped. */
export function boundedLines(longest: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let line = "";
  return (chunk) => {
    const [first = "", ...others] = decoder.write(chunk).split("\n");
    line = (line + first).slice(0, longest);
    for (const next of others) {
      onLine(line.replace(/\r$/, ""));
      line = next.slice(0, longest);
    }
  };
}
