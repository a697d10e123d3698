import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { printable } from "../base/printable.ts";
import { openRawApi } from "../cluster/raw-api.ts";
import { apiVersion } from "../model/names.ts";
import type { StoredNetwork } from "../model/network/record.ts";
import { graphOf, type VnicGraph } from "../model/overview/graph.ts";
import { renderPage } from "../model/overview/page.ts";
import { renderSvg } from "../model/overview/svg.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { accessOf, type AccessOptions, withAccess } from "./access.ts";

interface GraphOptions extends AccessOptions {
  readonly namespace?: string;
  readonly output?: string;
  readonly format?: keyof typeof formats;
  readonly json: boolean;
}

const title = "Vnics by network, node and pod";

const formats = {
  html: (graph: VnicGraph) => renderPage(graph, title),
  svg: (graph: VnicGraph) => `${renderSvg(graph, { standalone: true })}\n`,
  json: (graph: VnicGraph) => `${JSON.stringify({ formatVersion: 1, ...graph }, null, 2)}\n`,
} as const;

/** `graph`: draws external networks, nodes, pods and NICs. */
export function graphCommand(): Command {
  return withAccess(new Command("graph"))
    .summary("draw networks, nodes, pods and NICs")
    .description(
      "Draw external networks, nodes, pods and NICs, as SVG or as one HTML page with zoom, filter and details.",
    )
    .option("-n, --namespace <namespace>", "only Vnics of this namespace (default: all namespaces)")
    .option("-o, --output <file>", "the file to write (default: stdout)")
    .addOption(
      new Option("--format <format>", "default: by the file's extension, else svg").choices(Object.keys(formats)),
    )
    .option("--json", "the same as --format json", false)
    .action(async ({ namespace, output, format, json, ...access }: GraphOptions) => {
      const api = await openRawApi(accessOf(access));
      const within = namespace === undefined ? "" : `/namespaces/${namespace}`;
      const [vnics, networks] = await Promise.all([
        api.get<{ items: StoredVnic[] }>(`/apis/${apiVersion}${within}/vnics`),
        // If the account may not list networks, those of the Vnics are drawn.
        api.get<{ items: StoredNetwork[] }>(`/apis/${apiVersion}/vnicnetworks`).catch(() => undefined),
      ]);
      const names = (networks?.items ?? []).map(({ metadata }) => metadata.name);
      const graph = graphOf(vnics?.items ?? [], names, new Date());
      const text = formats[json ? "json" : (format ?? formatOf(output))](graph);
      if (output === undefined) process.stdout.write(printable(text));
      else await writeFile(output, text);
    });
}

function formatOf(output: string | undefined): keyof typeof formats {
  const ending = output?.split(".").at(-1)?.toLowerCase() ?? "";
  return ending in formats ? (ending as keyof typeof formats) : ending === "htm" ? "html" : "svg";
}
