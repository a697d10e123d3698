import { spawn } from "node:child_process";
import { kill } from "../lab/child.ts";
import { enter } from "../lab/enter.ts";
import type { Lab } from "../lab/index.ts";
import { leased, nodes } from "../lab/layout.ts";
import { must } from "../lab/run.ts";

/** A router of the leased network (dnsmasq) that announces a prefix, and itself as the default router (RFC 4861). */
export interface Router {
  /** Stops the router. */
  close(): Promise<void>;
}

/** Starts a router. `prefix` is a /64 prefix, like `fd60:`; the router has its first host address. */
export async function startRouter(lab: Lab, prefix: string): Promise<Router> {
  // Only the pods' NICs, and not the nodes' own, should accept the prefix.
  for (const node of nodes) await lab.exec(node, ["sysctl", "-q", "-w", `net.ipv6.conf.${leased.parent}.accept_ra=0`]);
  const own = ["address", "replace", `${prefix}:1/64`, "dev", leased.bridge, "nodad"];
  await must(enter("leased", ["ip", "-6", ...own]));
  const [program = "", ...words] = enter("leased", [
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--pid-file=",
    "--port=0",
    `--interface=${leased.bridge}`,
    "--enable-ra",
    // Longer than any test: after its first minute, the router announces the prefix only every few minutes.
    `--dhcp-range=${prefix}:,ra-only,64,1h`,
  ]);
  const server = spawn(program, words, { stdio: "ignore" });
  return {
    close: async () => {
      await kill(server, "SIGTERM");
      await must(enter("leased", ["ip", "-6", "address", "del", `${prefix}:1/64`, "dev", leased.bridge]));
    },
  };
}
