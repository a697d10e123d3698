import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/* Options of GNU tar with which equal files give equal archives. */
const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=a+rX,go-w"];

/** Packs files and folders in `folder`. The archive depends only on their names and content. */
export function pack(archive: string, folder: string, names: readonly string[]): void {
  const tar = execFileSync("tar", ["--create", "--format=ustar", ...reproducible, "-C", folder, ...names], {
    maxBuffer: 256 << 20,
  });
  // The gzip header that Node.js writes contains no time.
  writeFileSync(archive, gzipSync(tar, { level: 9 }));
}
