import { randomInt } from "node:crypto";

/**
 * Range of the links' interface indexes. They are chosen at random before the link is made, so that the resource file
 * has the index when the link comes into the pod, and no pod can have created a link with that index in advance.
 */
const [lowest, end] = [2 ** 24, 2 ** 31 - 1];

export function chooseIndex(): number {
  return randomInt(lowest, end);
}

/** Whether an index is in the range that links get from us. The kernel counts from 1, so it chooses none in that range. */
export function isChosenIndex(index: number | undefined): boolean {
  return index !== undefined && index >= lowest && index < end;
}
