import { truncate } from "../base/quote.ts";

/** Limits a message, since parts of it may come from a server on the network. */
const maxLength = 2000;

/** Writes a line about one Vnic to the agent's log. */
export function logAbout(
  { uid, interfaceName, netns }: { readonly uid: string; readonly interfaceName: string; readonly netns: string },
  message: string,
): void {
  const text = truncate(message, maxLength);
  console.log(
    JSON.stringify({ time: new Date().toISOString(), vnic: uid, interface: interfaceName, netns, message: text }),
  );
}
