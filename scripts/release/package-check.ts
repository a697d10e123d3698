import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** Checks a packed package with publint and Are The Types Wrong; returns one line for each problem. */
export async function packageProblems(tarball: string, manifest: Record<string, unknown>): Promise<string[]> {
  const data = readFileSync(tarball);
  const { messages } = await publint({
    pack: { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) },
  });
  const published = messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
  const { types, ...result } = await checkPackage(createPackageFromTarballData(data));
  if (!types) return [...published, "are the types wrong: there are none"];
  const problems = "problems" in result ? result.problems : [];
  return [...published, ...problems.filter(isOurs).map((problem) => `are the types wrong: ${JSON.stringify(problem)}`)];
}

/**
 * Whether a problem has to be fixed. Two kinds needn't be: a compiler that doesn't support `exports` can't find any
 * subpath, and the Node.js versions that we require allow CommonJS to require ES modules.
 */
function isOurs(problem: Problem): boolean {
  if (problem.kind === "CJSResolvesToESM") return false;
  return !("resolutionKind" in problem && problem.resolutionKind === "node10" && problem.entrypoint !== ".");
}
