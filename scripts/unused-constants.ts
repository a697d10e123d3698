import type { Plugin } from "esbuild";
import { readFileSync } from "node:fs";
import ts from "typescript";

/**
 * Leaves constants of `provider/model/` and `provider/base/` out of a bundle that uses another part of their file, such
 * as the schemas of a protocol's other side. Their initial values have no side effects, but esbuild can't know that of a
 * function call unless a comment says so.
 */
export const unusedConstants: Plugin = {
  name: "unused-constants",
  setup(build) {
    build.onLoad({ filter: /[/\\]provider[/\\](model|base)[/\\].*\.ts$/ }, ({ path }) => ({
      contents: withPureConstants(readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
};

/** The text of a file, in which each calculated constant is the result of a function that is marked as pure. */
export function withPureConstants(text: string): string {
  const { statements } = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest);
  const values = statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => declarationList.declarations.map(({ initializer }) => initializer))
    .filter((value) => value !== undefined && !ts.isArrowFunction(value) && !ts.isLiteralExpression(value));
  let marked = "";
  let end = 0;
  for (const value of values) {
    if (!value) continue;
    marked += `${text.slice(end, value.pos)} /* @__PURE__ */ (() => (${text.slice(value.pos, value.end)}))()`;
    end = value.end;
  }
  return marked + text.slice(end);
}
