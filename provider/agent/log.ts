/** A line of the agent's log about one Vnic. */
export function logAbout(
  { uid, interfaceName, netns }: { readonly uid: string; readonly interfaceName: string; readonly netns: string },
  message: string,
): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), vnic: uid, interface: interfaceName, netns, message }));
}
