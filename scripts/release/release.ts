import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { shipped } from "../licences.ts";
import { pack } from "./archive.ts";
import { changesOf } from "./changes.ts";
import { packageProblems } from "./package-check.ts";
import { sbomOf } from "./sbom.ts";
import { Stage } from "./stage.ts";

interface PackageJson extends Record<string, unknown> {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const checksumFile = "SHA256SUMS";

interface Release {
  /** The folder for the files. Its content is replaced. */
  readonly folder: string;
  /** The published node image, by digest. It becomes the default image of the package, the manifests and the chart. */
  readonly image?: string;
  /** Whether to check that the package is fit to be published. @default true */
  readonly checksPackage?: boolean;
}

/** The files that `docker build -f provider/node/Dockerfile - < <archive>` needs. */
const imageContext = ["provider/node/Dockerfile", "dist/node", "dist/reconciler"];

/** Refuses a folder that contains anything other than a release, because the folder is emptied. */
function refuseOther(folder: string): void {
  if (!existsSync(folder) || existsSync(join(folder, checksumFile)) || readdirSync(folder).length === 0) return;
  throw new Error(`${folder} is not empty, and has no ${checksumFile} of an earlier release; name another folder`);
}

/** Makes the files of a release. Equal sources give equal files. Throws if the package isn't fit to be published. */
export async function makeRelease({ folder, image, checksPackage = true }: Release): Promise<void> {
  refuseOther(folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const stage = new Stage();
  try {
    const description = JSON.parse(readFileSync(join(stage.folder, "package.json"), "utf8")) as PackageJson;
    const named = (what: string) => join(folder, `${description.name}-${description.version}${what}`);

    stage.build();
    // Pack this archive before the image's digest is written into any file, because the digest depends on the archive.
    pack(named("-image-context.tgz"), stage.folder, imageContext);
    if (image !== undefined) {
      stage.setDefaultImage(image);
      stage.build({ checksTypes: false });
    }

    const packed = stage.run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder).trim();
    renameSync(join(folder, basename(packed)), named(".tgz"));
    const problems = checksPackage ? await packageProblems(named(".tgz"), description) : [];
    if (problems.length > 0) throw new Error(`the package is not fit to be published:\n${problems.join("\n")}`);

    writeFileSync(named("-manifests.json"), stage.node("dist/provider/cli/main.js", "manifests"));
    stage.node("scripts/chart/main.ts", join(stage.folder, "dist", "chart", description.name));
    pack(named("-chart.tgz"), join(stage.folder, "dist", "chart"), [description.name]);

    const direct = Object.keys(description.dependencies).map((name) => `node_modules/${name}`);
    writeFileSync(named("-sbom.cdx.json"), json(sbomOf(description, direct, shipped())));
    writeFileSync(
      join(folder, "CHANGES.md"),
      changesOf(readFileSync(join(stage.folder, "CHANGELOG.md"), "utf8"), description.version),
    );
    writeFileSync(join(folder, checksumFile), checksums(folder));
  } finally {
    stage.remove();
  }
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** The checksums in the format of `sha256sum --check`. */
function checksums(folder: string): string {
  const sum = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  return readdirSync(folder)
    .sort()
    .map((name) => `${sum(name)}  ${name}\n`)
    .join("");
}
