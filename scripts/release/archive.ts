import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/* Needs GNU tar. */
const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=a+rX,go-w"];

/** Packs files and folders that lie in `folder`; the archive depends on their names and content alone. */
export function pack(archive: string, folder: string, names: readonly string[]): void {
  const tar = execFileSync("tar", ["--create", "--format=ustar", ...reproducible, "-C", folder, ...names], {
    maxBuffer: 256 << 20,
  });
  // Node.js writes no time into the header of gzip.
  writeFileSync(archive, gzipSync(tar, { level: 9 }));
}
