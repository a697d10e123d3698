import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { VnicError } from "../base/errors.ts";
import { openRawApi, type RawApi } from "../cluster/raw-api.ts";
import { apiVersion, parseVnicId, type VnicRef } from "../model/names.ts";
import { rowOf, type VnicRow } from "../model/overview/row.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { accessOf, type AccessOptions, imageOption, withAccess } from "./access.ts";
import { columns, forTerminal, oneLine, print, printJson, styled } from "./output.ts";

interface StatusOptions extends AccessOptions {
  readonly namespace?: string;
  readonly watch: boolean;
  readonly json: boolean;
  readonly node: boolean;
  readonly image: string;
}

const watchMilliseconds = 2000;

/** `status`: prints a table of Vnics, or the details of one Vnic. */
export function statusCommand(): Command {
  return withAccess(new Command("status"))
    .summary("list Vnics, or show one Vnic in detail")
    .description(
      `Show a table of Vnics, or one Vnic in detail: its conditions, its events, the node's resource file, and the NIC as the
kernel shows it, with its counters. An injection session on the node reads the last two.`,
    )
    .argument("[vnic]", "<namespace>/<name>, or <name> with --namespace")
    .option("-n, --namespace <namespace>", "only Vnics of this namespace (default: all namespaces)")
    .option("-w, --watch", "print changes until interrupted", false)
    .option("--json", "print data", false)
    .option("--no-node", "don't read anything from the node")
    .addOption(imageOption())
    .action(async (vnic: string | undefined, options: StatusOptions) => {
      const api = await openRawApi(accessOf(options));
      if (vnic !== undefined) return showOne(api, refOf(vnic, options), options);
      if (options.watch) return watch(api, options);
      const rows = await readRows(api, options);
      if (options.json) printJson({ formatVersion: 1, vnics: rows });
      else if (rows.length === 0) process.stderr.write("there are no Vnics\n");
      else table(rows).forEach(print);
    });
}

async function showOne(api: RawApi, ref: VnicRef, options: StatusOptions): Promise<void> {
  const { readDetails, detailLines } = await import("./vnic-details.ts");
  const details = await readDetails(api, accessOf(options), ref, options);
  if (options.json) printJson({ formatVersion: 1, ...details });
  else detailLines(details).forEach(print);
}

function refOf(text: string, { namespace }: StatusOptions): VnicRef {
  if (text.includes("/")) return parseVnicId(text);
  if (namespace !== undefined) return { namespace, name: text };
  throw new VnicError(
    "invalid",
    `vnic ${JSON.stringify(text)} has no namespace; write <namespace>/${text}, or give --namespace`,
  );
}

/** The Vnics of a cluster as rows, sorted by name. */
async function readRows(api: RawApi, { namespace }: StatusOptions): Promise<VnicRow[]> {
  const within = namespace === undefined ? "" : `/namespaces/${namespace}`;
  const list = await api.get<{ items: StoredVnic[] }>(`/apis/${apiVersion}${within}/vnics`);
  const now = new Date();
  return (list?.items ?? []).map((record) => rowOf(record, now));
}

const header = ["NAMESPACE", "NAME", "POD", "NODE", "NETWORK", "INTERFACE", "ADDRESSES", "LEASE", "CONDITION", "AGE"];

function table(rows: readonly VnicRow[]): string[] {
  const cells = rows.map((row) => [
    ...[row.namespace, row.name, row.pod, row.node, row.network, row.interface],
    ...[row.addresses.join(","), row.lease, row.condition, row.age].map((text) => text || "-"),
  ]);
  const [first = "", ...rest] = columns([header, ...cells.map((row) => row.map((cell) => cell || "-"))]);
  return [styled("bold", first), ...rest.map((line, index) => (rows[index]?.healthy ? line : styled("yellow", line)))];
}

/**
 * Prints changes. On a terminal it redraws the table; otherwise it prints each changed row, or each change as a line
 * of JSON.
 */
async function watch(api: RawApi, options: StatusOptions): Promise<never> {
  const known = new Map<string, string>();
  for (let first = true; ; first = false) {
    const rows = await readRows(api, options);
    if (process.stdout.isTTY && !options.json) {
      process.stdout.write(`\u001b[2J\u001b[H${forTerminal(table(rows).map(oneLine).join("\n"))}\n`);
    } else {
      const changed = rows.filter((row) => {
        const { age: _, lease: __, ...lasting } = row;
        const id = `${row.namespace}/${row.name}`;
        const words = JSON.stringify(lasting);
        if (known.get(id) === words) return false;
        known.set(id, words);
        return true;
      });
      if (options.json) changed.forEach((row) => print(JSON.stringify(row)));
      else if (changed.length > 0)
        table(changed)
          .slice(first ? 0 : 1)
          .forEach(print);
    }
    await sleep(watchMilliseconds);
  }
}
