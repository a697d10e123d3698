import { stackSettings } from "../provider/hooks/settings.ts";

/** When one or several settings are read, and where they are stored. */
export interface SettingRow {
  /**
   * The names as they are written: of a stack setting, an environment variable, an input, or an option of the command.
   */
  readonly names: readonly string[];
  /** The value that `preview` and `up` use. */
  readonly withProgram: string;
  /** The value that `refresh`, `destroy` and the refresh of `up --refresh` use, without `--run-program`. */
  readonly withoutProgram: string;
  readonly stored: string;
}

const currentFile = "the current `Pulumi.<stack>.yaml`";
const notStored = "nowhere";

const storedOf: Record<keyof typeof stackSettings, string> = {
  kubeconfig: "Pulumi's state, with the default provider: path, name of a variable, or encrypted text",
  context: "Pulumi's state, with the default provider",
  clusters: "Pulumi's state, with the default provider; each resource has its cluster's name and UID",
  image: "Pulumi's state, with the default provider; each injection Job has the image while it runs",
};

/** All settings that the code reads. A test searches the sources for others. */
export const settingRows: readonly SettingRow[] = [
  ...(Object.keys(stackSettings) as (keyof typeof stackSettings)[]).map((name) => ({
    names: [`vnic:${name}`],
    withProgram: "the stack's configuration",
    withoutProgram: currentFile,
    stored: storedOf[name],
  })),
  {
    names: Object.values(stackSettings),
    withProgram: "the environment, if the stack setting is missing",
    withoutProgram: "the environment, if the stack setting is missing or hidden",
    stored: notStored,
  },
  {
    names: ["env:NAME", "KUBECONFIG", "PATH"],
    withProgram: "the environment",
    withoutProgram: "the environment",
    stored: notStored,
  },
  {
    names: ["cluster", "adopt", "deadlines"],
    withProgram: "the program",
    withoutProgram: "what the last `up` stored",
    stored: "Pulumi's state",
  },
  {
    names: ["deletionPolicy"],
    withProgram: "the program; a deletion uses what the last `up` stored",
    withoutProgram: "what the last `up` stored",
    stored: "Pulumi's state, and the record",
  },
  {
    names: ["image", "reconciler.resyncSeconds"],
    withProgram: "the program, or `manifests`",
    withoutProgram: "what is installed",
    stored: "the objects in `vnic-system`, and Pulumi's state if it is an input of `Platform`",
  },
  {
    names: ["--kubeconfig", "--context", "--image"],
    withProgram: "nothing: `npx pulumi-vnic` reads them at each run, and `KUBECONFIG` and `VNIC_IMAGE` without them",
    withoutProgram: "nothing",
    stored: notStored,
  },
];

/** Environment variables that the manifests set in our own containers, for the programs there. */
export const containerVariables = [
  "VNIC_IDLE_SECONDS",
  "VNIC_IMAGE",
  "VNIC_NETNS_DIRECTORIES",
  "VNIC_POD_UID",
  "VNIC_PORT",
  "VNIC_RESYNC_SECONDS",
  "VNIC_RUNTIME",
];

/** The table of docs/operations.md. */
export function settingsTable(): string {
  return [
    "| Setting | `preview` and `up` use | `refresh` and `destroy` use | Stored in |",
    "| --- | --- | --- | --- |",
    ...settingRows.map(
      ({ names, withProgram, withoutProgram, stored }) =>
        `| ${names.map((name) => `\`${name}\``).join(", ")} | ${withProgram} | ${withoutProgram} | ${stored} |`,
    ),
  ].join("\n");
}
