import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "./run.ts";

/** The folder of a go.mod by its name. */
export const goModule = (name: string): string => join(import.meta.dirname, "go", name);

/** The version that a go.mod asks for, which is the only place where it is set. */
export async function versionOf(module: string, dependency: string): Promise<string> {
  const text = await readFile(join(module, "go.mod"), "utf8");
  const version = text.split("\n").find((line) => line.replace("require", "").trim().startsWith(`${dependency} v`));
  if (version === undefined) throw new Error(`reading ${module}/go.mod: it does not require ${dependency}`);
  return (
    version
      .trim()
      .split(" ")
      .findLast((word) => word.startsWith("v")) ?? ""
  );
}

/** Options of {@link goBuild}. */
export interface BuildOptions {
  /** Path of the package to build. @default all `tool`s of the go.mod */
  readonly what?: string;
  readonly tags?: string;
  /** Whether the program uses cgo, and so needs the C library. @default false */
  readonly cgo?: boolean;
  /** Packages whose functions aren't inlined, as a pattern of their paths: they are compiled sooner. @default none */
  readonly notInlined?: string;
}

/** Builds programs of a go.mod; without cgo they are static, so that they run in any namespace and image. */
export async function goBuild(
  module: string,
  bin: string,
  linkerFlags: string,
  { what = "tool", tags = "", cgo = false, notInlined }: BuildOptions = {},
): Promise<void> {
  await mkdir(bin, { recursive: true });
  const env = { ...process.env, CGO_ENABLED: cgo ? "1" : "0" };
  // The linker drops debug information, so the compiler needn't make it.
  const compilerFlags = [
    "-gcflags=all=-dwarf=false",
    ...(notInlined === undefined ? [] : [`-gcflags=${notInlined}=-dwarf=false -l`]),
  ];
  const flags = ["-trimpath", ...compilerFlags, "-ldflags", `-s -w ${linkerFlags}`];
  await must(["go", "build", "-tags", tags, ...flags, "-o", `${bin}/`, what], { cwd: module, env });
}
