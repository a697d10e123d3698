import { setTimeout as sleep } from "node:timers/promises";
import { availableParallelism } from "node:os";
import { cpuTimes } from "./observe.ts";

/** Above this share of all CPUs, other programs have a say in the figures. An idle lab takes a tenth of a core. */
const tooBusy = 0.2;

/** The share of all CPUs, 0 to 1, that programs use while nothing is measured. */
export async function otherWork(seconds = 3): Promise<number> {
  const before = await cpuTimes();
  const beganAt = performance.now();
  await sleep(seconds * 1000);
  const after = await cpuTimes();
  return (after.machine - before.machine) / (performance.now() - beganAt) / availableParallelism();
}

/** What to say of the other work before and after a measurement. */
export function busynessInWords(before: number, after: number): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const verdict = Math.max(before, after) > tooBusy ? "; the machine was too busy to count on these figures" : "";
  return `other programs used ${percent(before)} of the CPUs before, and ${percent(after)} after the measurement${verdict}`;
}
