import type { injectionSteps } from "../model/wire/resource-file.ts";

/** Tells the driver what is done now. */
export type Report = (step: string) => void;

/** Does one step of an injection: told and written down as begun before its work begins. */
export type RunStep = (
  name: (typeof injectionSteps)[number] | "probing",
  work: () => Promise<void>,
  mtu?: number,
) => Promise<void>;
