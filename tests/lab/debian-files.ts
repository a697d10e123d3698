import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { must, run } from "./run.ts";
import { ensurePackageLists } from "./debian-packages.ts";

/** Folders of programs and libraries, which are links to folders in /usr on Debian. */
const linkedDirs = ["bin", "lib", "lib64", "sbin"];

export interface DebianFiles {
  packages: readonly string[];
  /** Absolute paths of programs; each is copied together with the shared libraries that it needs. */
  programs: readonly string[];
  /** Programs that aren't from a package, by their path in the image. */
  localPrograms?: Readonly<Record<string, string>>;
}

/**
 * Fills a folder with programs from Debian packages: a small root file system without documentation, locales or perl.
 */
export async function extractDebianFiles(wanted: DebianFiles, target: string): Promise<void> {
  const scratch = `${target}.scratch`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  try {
    const full = join(scratch, "full");
    await makeRoot(full);
    for (const file of await download(wanted.packages, scratch)) {
      await must([
        "sh",
        "-c",
        'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"',
        "unpack",
        file,
        full,
      ]);
    }
    for (const [path, source] of Object.entries(wanted.localPrograms ?? {})) {
      await mkdir(dirname(join(full, path)), { recursive: true });
      await copyFile(source, join(full, path));
    }
    await makeRoot(target);
    const programs = [...wanted.programs, ...Object.keys(wanted.localPrograms ?? {})];
    const libraries = await Promise.all(programs.map((path) => findLibraries(full, path)));
    for (const path of new Set([...programs, ...libraries.flat()])) {
      await mkdir(dirname(join(target, path)), { recursive: true });
      // Libraries are links to a versioned file, whose content is copied under the name that the loader looks up.
      await must(["cp", "--dereference", "--preserve=mode", join(full, path), join(target, path)]);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function makeRoot(root: string): Promise<void> {
  for (const dir of linkedDirs) {
    await mkdir(join(root, "usr", dir), { recursive: true });
    await symlink(`usr/${dir}`, join(root, dir));
  }
}

/** Downloads packages and the libraries they depend on, as apt resolves them for an empty system. */
async function download(packages: readonly string[], scratch: string): Promise<string[]> {
  const dir = join(scratch, "packages");
  await mkdir(dir);
  await ensurePackageLists();
  const empty = ["-o", "Dir::State::status=/dev/null", "-o", "Debug::NoLocking=1"];
  const plan = await must([
    "apt-get",
    ...empty,
    "-y",
    "--no-install-recommends",
    "--print-uris",
    "install",
    ...packages,
  ]);
  const names = [...plan.matchAll(/^'[^']+' ([^_ ]+)_/gm)].map(([, name = ""]) => name);
  const needed = names.filter((name) => packages.includes(name) || (/^z?lib/.test(name) && !name.includes("perl")));
  await must(["apt-get", "-o", "APT::Sandbox::User=root", "-q", "download", ...needed], { cwd: dir });
  return (await readdir(dir)).map((file) => join(dir, file));
}

/** Asks the file system's own dynamic loader which libraries a program loads; the loader is one of them. */
async function findLibraries(root: string, program: string): Promise<string[]> {
  const loader = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"].find((path) =>
    existsSync(join(root, path)),
  );
  if (loader === undefined) return [];
  const verdict = await run(["chroot", root, loader, "--verify", program]);
  if (verdict.code === 1) return []; // a static program
  const list = await must(["chroot", root, loader, "--list", program]);
  return [loader, ...[...list.matchAll(/=> (\/\S+) \(/g)].map(([, path = ""]) => path)];
}
