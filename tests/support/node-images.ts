import { join } from "node:path";
import type { Lab } from "../lab/index.ts";
import { nodeDir, type Node } from "../lab/layout.ts";
import { ctr, kindOf, stored } from "../lab/node-kinds.ts";

async function must(lab: Lab, node: Node, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await lab.exec(node, argv);
  if (code !== 0) throw new Error(`${argv.join(" ")} on ${node}: ${stderr}`);
}

/** Gives an image on a node a second name. */
export async function tagImage(lab: Lab, node: Node, reference: string, name: string): Promise<void> {
  if (kindOf(node).runtime === "containerd")
    return must(lab, node, ctr(node, "images", "tag", "--force", reference, name));
  const policy = join(nodeDir(node), "policy.json");
  await must(lab, node, ["skopeo", "--policy", policy, "copy", "--quiet", stored(node, reference), stored(node, name)]);
}

/**
 * Removes a second name of an image. CRI-O's store keeps the name, because skopeo(1) would remove the image as well.
 */
export async function untagImage(lab: Lab, node: Node, name: string): Promise<void> {
  if (kindOf(node).runtime === "containerd") await must(lab, node, ctr(node, "images", "rm", name));
}
