import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { killById } from "../lab/child.ts";
import type { Lab } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import type { Stack } from "./stack.ts";

/* Kills processes that work on a Vnic by SIGKILL. */

/** Kills the provider process of this stack. */
export async function killProvider(stack: Stack): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (folder.startsWith(join(stack.folder, "project")) && command.includes("dynamic-provider")) killById(Number(pid));
  }
}

/** Kills the node side of every session. */
export async function killNodeSide(lab: Lab): Promise<void> {
  const script = `for p in /proc/[0-9]*; do if tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q '^[^ ]*node .*main\\.mjs'; then kill -9 \${p#/proc/}; fi; done`;
  await Promise.all(nodes.map((node) => lab.exec(node, ["sh", "-c", script])));
}
