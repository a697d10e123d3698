import { expect } from "chai";

/**
 * Asserts that what the engine printed about failures is meant for readers: it has no lines of a stack trace, no path of
 * the package's files, and no line of source code, which is minified in the published package.
 */
export function assertNoStackTrace(output: string): void {
  expect(output).to.not.match(/^\s*at .*[:(]/m);
  expect(output).to.not.match(/file:\/\/|dist\/hooks|node_modules|node:internal/);
  expect(output).to.not.match(/=>\s*[{(]|\}\s*catch|throw new |\bawait |^\s*\^+\s*$/m);
}
