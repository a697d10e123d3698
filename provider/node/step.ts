import type { injectionSteps, ResourceFile } from "../model/wire/resource-file.ts";

/** Tells the driver which step begins. */
export type Report = (step: string) => void;

/**
 * Runs one step of an injection. It is reported and written to the resource file, with what is known by then, before
 * its work begins.
 */
export type RunStep = (
  name: (typeof injectionSteps)[number] | "probing",
  work: () => Promise<void>,
  known?: { readonly mtu?: number; readonly link?: ResourceFile["link"] },
) => Promise<void>;
