import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defaultImage } from "../../provider/base/package.ts";
import { cached } from "./cache.ts";
import { extractDebianFiles, type DebianFiles } from "./debian-files.ts";
import { writeOciLayout, type ImageConfig } from "./oci-image.ts";
import { ensureNode } from "./programs.ts";
import { must } from "./run.ts";

export interface Image {
  reference: string;
  /** Folder with the OCI image layout. Its name contains a hash of everything that the image is built from. */
  layout: string;
}

export interface ImageRecipe extends DebianFiles, ImageConfig {
  reference: string;
  /** Applets of busybox that the image offers under their own names. */
  applets?: readonly string[] | "all";
  /** Files of the checkout by their path in the image. They are in a separate layer, because they change often. */
  files?: Readonly<Record<string, string>>;
}

type Base = Omit<ImageRecipe, "files" | "reference">;

export const pauseImage = "localhost/vnic-pause:1";
export const appImage = "localhost/vnic-app:1";
/** The product's own image, under its default name. */
export const nodeImage = defaultImage;

const busybox = "/bin/busybox";
const dist = join(import.meta.dirname, "..", "..", "dist");
const scripts = {
  "/app/main.mjs": join(dist, "node", "main.mjs"),
  "/app/serve.cjs": join(dist, "node", "serve.cjs"),
  "/app/agent.mjs": join(dist, "node", "agent.mjs"),
  "/app/dhcp-event.awk": join(dist, "node", "dhcp-event.awk"),
  "/app/reconciler.mjs": join(dist, "reconciler", "main.mjs"),
};

/** Builds the images that each node of the lab gets. */
export async function buildImages(): Promise<Image[]> {
  const pause: ImageRecipe = {
    reference: pauseImage,
    packages: ["busybox-static"],
    programs: [busybox],
    entrypoint: [busybox, "sleep", "2147483647"],
    // As process 1 of a sandbox, the program ignores SIGTERM, and CRI-O would wait minutes for it to end.
    stopSignal: "SIGKILL",
  };
  const app: ImageRecipe = {
    reference: appImage,
    packages: ["busybox-static", "dash", "iproute2", "redis-server", "redis-tools"],
    // dash, because busybox's shell would run its own `ip`, which can't print JSON.
    programs: [busybox, "/bin/sh", "/bin/ip", "/usr/bin/redis-server", "/usr/bin/redis-cli"],
    applets: "all",
    entrypoint: ["/usr/bin/redis-server"],
    // `-` before an address makes it optional, for machines without IPv6.
    cmd: ["--bind", "*", "-::*", "--protected-mode", "no", "--save", "", "--dir", "/tmp"],
    user: "1000:1000",
  };
  return Promise.all([pause, app, await nodeRecipe()].map(buildImage));
}

/** The product's own image: Node.js, the tools it runs, and its bundled files. */
async function nodeRecipe(): Promise<ImageRecipe> {
  const recipe: ImageRecipe = {
    reference: nodeImage,
    packages: ["busybox-static", "coreutils", "iproute2", "iputils-arping", "libstdc++6", "util-linux", "mount"],
    programs: [
      busybox,
      "/bin/ip",
      "/sbin/bridge",
      "/bin/mount",
      "/bin/umount",
      "/usr/bin/arping",
      "/usr/bin/nsenter",
      "/usr/bin/stdbuf",
      "/usr/libexec/coreutils/libstdbuf.so",
    ],
    localPrograms: { "/usr/bin/node": await ensureNode() },
    applets: ["awk", "env", "sysctl", "test", "udhcpc"],
    files: scripts,
    entrypoint: ["/usr/bin/node", "/app/main.mjs"],
    // As in the Dockerfile: a user that is not root.
    user: "65532:65532",
  };
  const absent = Object.values(scripts).find((script) => !existsSync(script));
  if (absent === undefined) return recipe;
  throw new Error(`building image ${nodeImage}: ${absent} is missing; run: npm run build`);
}

export async function buildImage(recipe: ImageRecipe): Promise<Image> {
  const { files = {}, reference, ...base } = recipe;
  const name = reference.replace(/^.*\//, "").replace(/:.*$/, "");
  const baseName = `image-base-${name}`;
  const baseDir = await cached(
    `${baseName}-${hash(contentOf(base))}`,
    `building image ${reference}`,
    (dir) => buildBase(base, dir),
    baseName,
  );
  const layoutName = `image-${name}`;
  const layout = await cached(
    `${layoutName}-${hash([baseDir, recipe, await readAll(files)])}`,
    `packing image ${reference}`,
    async (path) => {
      const layer = `${path}.layer`;
      await must(["rm", "-rf", layer]);
      await mkdir(layer);
      for (const [target, source] of Object.entries(files)) {
        await mkdir(dirname(join(layer, target)), { recursive: true });
        await copyFile(source, join(layer, target));
      }
      await writeOciLayout(path, reference, Object.keys(files).length === 0 ? [baseDir] : [baseDir, layer], recipe);
      await must(["rm", "-rf", layer]);
    },
    layoutName,
  );
  return { reference, layout };
}

async function buildBase(base: Base, dir: string): Promise<void> {
  await extractDebianFiles(base, dir);
  for (const empty of ["dev", "etc", "proc", "run", "sys", "tmp", "var"]) await mkdir(join(dir, empty));
  await must(["chmod", "1777", join(dir, "tmp")]);
  await writeFile(join(dir, "etc", "passwd"), "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\n");
  await writeFile(join(dir, "etc", "group"), "root:x:0:\napp:x:1000:\n");
  const all = async (): Promise<string[]> => (await must([join(dir, busybox), "--list"])).trim().split("\n");
  const applets = base.applets === "all" ? await all() : (base.applets ?? []);
  for (const applet of applets) {
    const taken = ["bin", "sbin"].some((bin) => existsSync(join(dir, "usr", bin, applet)));
    if (!taken) await symlink(busybox, join(dir, "usr", "bin", applet));
  }
}

/** The parts that determine a base image; a local program's path contains its version. */
function contentOf(base: Base): unknown {
  return [base.packages, base.programs, base.applets, base.localPrograms, process.arch];
}

async function readAll(files: Readonly<Record<string, string>>): Promise<string[]> {
  return Promise.all(Object.values(files).map((file) => readFile(file, "base64")));
}

const hash = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
