import { deleteLink, listLinks } from "./link.ts";

/** Deletes the macvlan that was created on the node only to find out whether the kernel permits it, if there is one. */
export async function deleteTrialLink(name: string): Promise<void> {
  const trial = (await listLinks("node")).find((link) => link.name === name && link.kind === "macvlan");
  if (trial) await deleteLink("node", trial);
}
