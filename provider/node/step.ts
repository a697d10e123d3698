import type { injectionSteps, ResourceFile } from "../model/wire/resource-file.ts";

/** Tells the driver what is done now. */
export type Report = (step: string) => void;

/** Does one step of an injection: told and written down as begun, with what is known by then, before its work begins. */
export type RunStep = (
  name: (typeof injectionSteps)[number] | "probing",
  work: () => Promise<void>,
  known?: { readonly mtu?: number; readonly link?: ResourceFile["link"] },
) => Promise<void>;
