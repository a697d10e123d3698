import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hostPath } from "./host-path.ts";

/** The kernel's folder with one folder for each kind of bus (sysfs(5)). It shows hardware whatever network namespace has it. */
const busFolder = "/sys/bus";

/**
 * Whether the node has a network card at that bus address, such as `0000:03:00.0`, in whatever network namespace its
 * device is. The card's folder `net` is empty if that is another one, and doesn't exist if the card has another driver. The
 * address is compared with the names of folders, and never becomes a path by itself.
 */
export async function hasNetworkCard(address: string): Promise<boolean> {
  const folder = hostPath(busFolder);
  for (const bus of (await entriesOf(folder)) ?? []) {
    const devices = join(folder, bus, "devices");
    const found = (await entriesOf(devices))?.find((name) => name === address);
    if (found !== undefined && (await entriesOf(join(devices, found, "net")))) return true;
  }
  return false;
}

/** The names in a folder; undefined if there is none. */
async function entriesOf(folder: string): Promise<string[] | undefined> {
  return readdir(folder).catch(() => undefined);
}
