import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import { defaultImage, platformManifests, type PlatformPart, platformParts } from "./manifests.ts";
import { messageOf } from "../base/errors.ts";
import { parseLayout } from "../model/kubernetes/runtime-layout.ts";
import { fileNameOf } from "../model/platform/manifest.ts";

interface Options {
  readonly image: string;
  readonly allowImage: string[];
  readonly without: PlatformPart[];
  readonly runtimeLayout?: string;
  readonly allowRuntimeLayout: string[];
  readonly split?: string;
}

const collect = (value: string, previous: string[]) => [...previous, value];

/** `manifests`: what a cluster needs, as one list for kubectl or as files for kustomize. */
export function manifestsCommand(): Command {
  return new Command("manifests")
    .summary("print what a cluster needs")
    .description('Print what a cluster needs, as JSON for "kubectl apply -f -".')
    .option("--image <image>", "the node image, best by digest", defaultImage)
    .addOption(
      new Option("--allow-image <image>", "a further image that may run in vnic-system; may be repeated")
        .default([], "none")
        .argParser(collect),
    )
    .addOption(
      new Option("--without <part>", `a part to leave out: ${platformParts.join(", ")}; may be repeated`)
        .default([], "none")
        .argParser((value: string, previous: string[]) => collect(part(value), previous)),
    )
    .option("--runtime-layout <layout>", "the layout of all nodes' container runtimes, where Nodes don't tell", layout)
    .addOption(
      new Option(
        "--allow-runtime-layout <layout>",
        "a further layout that Nodes may be annotated with; may be repeated",
      )
        .default([], "none")
        .argParser((value: string, previous: string[]) => collect(layout(value), previous)),
    )
    .option("--split <folder>", "write one YAML file for each object into a folder, with a kustomization.yaml")
    .action(async ({ split, allowImage: allowImages, allowRuntimeLayout: allowRuntimeLayouts, ...rest }: Options) => {
      const items = platformManifests({ ...rest, allowImages, allowRuntimeLayouts });
      if (split !== undefined) return writeFiles(split, items);
      process.stdout.write(`${JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2)}\n`);
    });
}

function part(value: string): string {
  if ((platformParts as string[]).includes(value)) return value;
  throw new InvalidArgumentError(`parts are ${platformParts.join(", ")}`);
}

function layout(value: string): string {
  try {
    return parseLayout(value).name;
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

async function writeFiles(folder: string, items: ReturnType<typeof platformManifests>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const resources = items.map(fileNameOf);
  await Promise.all(
    items.map((item) => writeFile(join(folder, fileNameOf(item)), stringify(item, { aliasDuplicateObjects: false }))),
  );
  const kustomization = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
  await writeFile(join(folder, "kustomization.yaml"), stringify(kustomization));
  process.stderr.write(`wrote ${resources.length} objects and kustomization.yaml into ${folder}\n`);
}
