import { parse } from "yaml";

/**
 * Parses YAML, which includes JSON. Prints no warnings: those of the parser quote the lines that they are about, which may be
 * secret. So do its errors.
 */
export function parseYaml(text: string): unknown {
  return parse(text, { logLevel: "error" });
}
