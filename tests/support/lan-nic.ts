import { lan, netnsName, type Node } from "../lab/layout.ts";
import { must, run } from "../lab/run.ts";

/** Adds a NIC on the LAN to a lab node; returns a function that removes it. */
export async function addLanNic(node: Node, name: string): Promise<() => Promise<void>> {
  const port = `${node}-${name}`;
  const outside = netnsName("lan");
  await must([
    "ip",
    "link",
    "add",
    name,
    "netns",
    netnsName(node),
    "type",
    "veth",
    "peer",
    "name",
    port,
    "netns",
    outside,
  ]);
  await must(["ip", "-n", outside, "link", "set", port, "master", lan.bridge, "up"]);
  await must(["ip", "-n", netnsName(node), "link", "set", name, "up"]);
  // Deleting one end of the pair deletes the other one, wherever it is.
  return async () => void (await run(["ip", "-n", outside, "link", "del", port]));
}

/** Adds a bridge to a lab node, with a new NIC as its port to the LAN. */
export async function addLanBridge(node: Node, name: string, port: string): Promise<() => Promise<void>> {
  const removePort = await addLanNic(node, port);
  const netns = netnsName(node);
  await must(["ip", "-n", netns, "link", "add", name, "type", "bridge"]);
  await must(["ip", "-n", netns, "link", "set", port, "master", name]);
  await must(["ip", "-n", netns, "link", "set", name, "up"]);
  return async () => {
    await run(["ip", "-n", netns, "link", "del", name]);
    await removePort();
  };
}
