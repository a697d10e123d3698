import { Command } from "commander";
import { openCluster } from "../cluster/kube-cluster.ts";
import { openRawApi } from "../cluster/raw-api.ts";
import { accessOf, type AccessOptions, imageOption, withAccess } from "./access.ts";
import { exitCodes } from "./exit-codes.ts";
import { print, printJson } from "./output.ts";
import { cleanNodes } from "./clean-nodes.ts";
import { deleteRecords, readRecords } from "./delete-records.ts";
import { deleteInstallation, deleteWorkloads } from "./delete-installation.ts";
import { ensureSessionObjects } from "./session-objects.ts";

interface UninstallOptions extends AccessOptions {
  readonly image: string;
  readonly deleteRecords: boolean;
  readonly json: boolean;
}

/** `uninstall`: removes everything that the manifests install, in an order that leaves nothing behind. */
export function uninstallCommand(): Command {
  return withAccess(new Command("uninstall"))
    .summary("remove what the manifests installed")
    .description(
      `Remove what the manifests installed, and our directories on the nodes. While Vnics, VnicSets or Networks exist, it only
lists them; with --delete-records, it removes them first. Safe to run again.`,
    )
    .option("--delete-records", "first remove all Vnics from their pods, and delete all VnicSets and Networks", false)
    .option("--json", "print what was done as JSON", false)
    .addOption(imageOption())
    .addHelpText("after", `\nExit code ${exitCodes.attention} if records exist and nothing was done.`)
    .action(async (options: UninstallOptions) => {
      const access = accessOf(options);
      const [api, cluster] = await Promise.all([openRawApi(access), openCluster(access)]);
      const records = await readRecords(api);
      const names = records.map(({ words }) => words);
      if (names.length > 0 && !options.deleteRecords) {
        process.exitCode = exitCodes.attention;
        if (options.json) return printJson({ formatVersion: 1, records: names, done: [] });
        names.forEach(print);
        return print(
          `${names.length} records exist, so nothing was done: run pulumi destroy in their stacks, or give --delete-records`,
        );
      }
      const done: string[] = [];
      const report = (words: string) => {
        done.push(words);
        if (!options.json) print(words);
      };
      await ensureSessionObjects(api, report);
      await deleteRecords({ api, cluster, image: options.image, report }, records);
      await deleteWorkloads(api, report);
      await cleanNodes({ api, cluster, image: options.image, report });
      await deleteInstallation(api, report);
      if (options.json) printJson({ formatVersion: 1, records: names, done });
    });
}
