import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { parse, stringify } from "yaml";
import {
  defaultImage,
  platformManifests,
  type PlatformOptions,
  type PlatformPart,
  platformParts,
} from "./manifests.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { parseLayout } from "../model/kubernetes/runtime-layout.ts";
import { omitUndefined } from "../model/schema/known.ts";
import { fileNameOf } from "../model/platform/manifest.ts";

interface Options {
  readonly options?: string;
  readonly image?: string;
  readonly allowImage: string[];
  readonly without: PlatformPart[];
  readonly runtimeLayout?: string;
  readonly allowRuntimeLayout: string[];
  readonly imagePullSecret: string[];
  readonly openshift?: boolean;
  readonly networkStatus?: boolean;
  readonly split?: string;
}

const collect = (value: string, previous: string[]) => [...previous, value];

/** `manifests`: prints the manifests that a cluster needs, as one list for kubectl or as files for kustomize. */
export function manifestsCommand(): Command {
  return new Command("manifests")
    .summary("print the manifests that a cluster needs")
    .description('Print the manifests that a cluster needs, as JSON for "kubectl apply -f -".')
    .option(
      "--options <file>",
      "a YAML or JSON file with the options of the class Platform; options of the command line take precedence",
    )
    .option("--image <image>", `the node image, preferably by digest (default: ${JSON.stringify(defaultImage)})`)
    .addOption(
      new Option("--allow-image <image>", "an additional image that may run in vnic-system; may be repeated")
        .default([], "none")
        .argParser(collect),
    )
    .addOption(
      new Option("--without <part>", `a part to leave out: ${platformParts.join(", ")}; may be repeated`)
        .default([], "none")
        .argParser((value: string, previous: string[]) => collect(part(value), previous)),
    )
    .option("--runtime-layout <layout>", "the runtime layout of nodes whose Node object doesn't show it", layout)
    .addOption(
      new Option(
        "--allow-runtime-layout <layout>",
        "an additional layout that the annotation of a Node may name; may be repeated",
      )
        .default([], "none")
        .argParser((value: string, previous: string[]) => collect(layout(value), previous)),
    )
    .addOption(
      new Option(
        "--image-pull-secret <name>",
        "a Secret in vnic-system with which the image is pulled; may be repeated",
      )
        .default([], "none")
        .argParser(collect),
    )
    .option("--openshift", "add OpenShift's security context constraints for our pods")
    .option("--network-status", "add the right to write the annotation network-status of pods, and its policy")
    .option("--split <folder>", "write one YAML file for each object into a folder, with a kustomization.yaml")
    .action(async (options: Options) => {
      const items = platformManifests(await platformOptions(options));
      if (options.split !== undefined) return writeFiles(options.split, items);
      process.stdout.write(`${JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2)}\n`);
    });
}

/** Merges the options of the file and of the command line: lists are joined, single values of the command line win. */
async function platformOptions(given: Options): Promise<PlatformOptions & { without: PlatformPart[] }> {
  const file = given.options === undefined ? {} : await readOptions(given.options);
  const { image, runtimeLayout, openshift, networkStatus, without } = given;
  const lists = {
    allowImages: [...(file.allowImages ?? []), ...given.allowImage],
    allowRuntimeLayouts: [...(file.allowRuntimeLayouts ?? []), ...given.allowRuntimeLayout],
    imagePullSecrets: [...(file.imagePullSecrets ?? []), ...given.imagePullSecret],
  };
  const once = {
    ...(image === undefined ? {} : { image }),
    ...omitUndefined({ runtimeLayout, openshift, networkStatus }),
  };
  return { image: defaultImage, ...file, ...once, ...lists, without };
}

async function readOptions(path: string): Promise<Partial<PlatformOptions>> {
  const options = parse(await readFile(path, "utf8")) as unknown;
  if (isObject(options)) return options;
  throw new VnicError("invalid", `${path}: it is not a map of options`);
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
