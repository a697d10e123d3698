import { cut } from "../base/quote.ts";

/** Parts of a message may be what a server on the network wrote. */
const longest = 2000;

/** A line of the agent's log about one Vnic. */
export function logAbout(
  { uid, interfaceName, netns }: { readonly uid: string; readonly interfaceName: string; readonly netns: string },
  message: string,
): void {
  const text = cut(message, longest);
  console.log(
    JSON.stringify({ time: new Date().toISOString(), vnic: uid, interface: interfaceName, netns, message: text }),
  );
}
