import { lan, netnsName, type Node } from "../lab/layout.ts";
import { must, run } from "../lab/run.ts";

/** One more NIC of a lab node on the LAN, for a test; undone by what is returned. */
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
  // It takes its other end along, wherever that is by then.
  return async () => void (await run(["ip", "-n", outside, "link", "del", port]));
}

/** A bridge of a lab node with that NIC as its way to the LAN. */
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
