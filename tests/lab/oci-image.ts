import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "./run.ts";

export interface ImageConfig {
  entrypoint: readonly string[];
  cmd?: readonly string[];
  env?: readonly string[];
  user?: string;
  workingDir?: string;
  /** Signal that ends the image's process, such as SIGKILL. */
  stopSignal?: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Writes an image as an OCI image layout, with the given folders as layers. */
export async function writeOciLayout(
  dir: string,
  reference: string,
  layers: readonly string[],
  config: ImageConfig,
): Promise<void> {
  const blobs = join(dir, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });

  const addBlob = async (file: string, mediaType: string): Promise<Descriptor> => {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    const digest = hash.digest("hex");
    await rename(file, join(blobs, digest));
    return { mediaType, digest: `sha256:${digest}`, size: (await stat(join(blobs, digest))).size };
  };
  const addJson = async (value: object, mediaType: string): Promise<Descriptor> => {
    await writeFile(join(dir, "blob"), JSON.stringify(value));
    return addBlob(join(dir, "blob"), mediaType);
  };

  const layerBlobs: Descriptor[] = [];
  for (const layer of layers) {
    await must(["tar", ...reproducible, "-cf", join(dir, "blob"), "-C", layer, "."]);
    layerBlobs.push(await addBlob(join(dir, "blob"), "application/vnd.oci.image.layer.v1.tar"));
  }
  const configBlob = await addJson(
    {
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: {
        Entrypoint: config.entrypoint,
        Cmd: config.cmd ?? [],
        Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", ...(config.env ?? [])],
        User: config.user ?? "",
        WorkingDir: config.workingDir ?? "/",
        ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
      },
      rootfs: { type: "layers", diff_ids: layerBlobs.map((blob) => blob.digest) },
    },
    "application/vnd.oci.image.config.v1+json",
  );
  const manifest = { schemaVersion: 2, mediaType: manifestType, config: configBlob, layers: layerBlobs };
  const manifestBlob = await addJson(manifest, manifestType);
  // containerd reads the image's name from this annotation.
  const named = { ...manifestBlob, annotations: { "io.containerd.image.name": reference } };
  await writeFile(join(dir, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(dir, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

/** Names of an image's blobs. */
export const listBlobs = (layout: string): Promise<string[]> => readdir(join(layout, "blobs", "sha256"));

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
