import type { injectionSteps, ResourceFile } from "../model/wire/resource-file.ts";

/** Reports to the driver which step begins. */
export type Report = (step: string) => void;

/**
 * Runs one step of an injection. Before its work begins, the step is reported and written to the resource file,
 * together with what is known at that time.
 */
export type RunStep = (
  name: (typeof injectionSteps)[number] | "probing",
  work: () => Promise<void>,
  known?: { readonly mtu?: number; readonly link?: ResourceFile["link"] },
) => Promise<void>;
