import { deleteLink, listLinks } from "./link.ts";

/** Deletes a macvlan that was made on the node only to see whether the kernel permits it, if it is there. */
export async function deleteTrialLink(name: string): Promise<void> {
  const trial = (await listLinks("node")).find((link) => link.name === name && link.kind === "macvlan");
  if (trial) await deleteLink("node", trial);
}
