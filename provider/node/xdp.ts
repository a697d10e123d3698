import { isVnicError, VnicError } from "../base/errors.ts";
import { handle, ipLine } from "../model/link/ip-line.ts";
import { ipBatch, type Link } from "./link.ts";

/*
 * XDP programs (eBPF) see, change or drop each packet that a link receives. A link keeps them when it moves to another
 * network namespace, so a pod could leave one on a device of the node.
 */

/** Removes the XDP programs from a device that a pod had. The node had none on it, as it lends no such device. */
export async function removePrograms(device: Link): Promise<void> {
  if (!device.hasProgram) return;
  const on = ipLine`link set dev ${handle(device)}`;
  try {
    await ipBatch("node", [ipLine`${on} xdpgeneric off`, ipLine`${on} xdpdrv off`, ipLine`${on} xdpoffload off`]);
  } catch (error) {
    if (!isVnicError(error, "failed", "refused")) throw error;
    // Programs that a running process has attached by a BPF link can't be removed before the process has ended.
    if (!/BPF XDP link|Device or resource busy/.test(error.message)) throw error;
    throw new VnicError(
      "failed",
      `device ${device.name} has an XDP program on it that a process of the pod holds; delete the pod`,
      { cause: error },
    );
  }
}
