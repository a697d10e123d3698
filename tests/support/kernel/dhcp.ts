import { join } from "node:path";
import { dhcpClientIdentifier } from "../../../provider/model/names.ts";
import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { type DhcpServer, makeDhcpServer } from "../dhcp-server.ts";
import { runScript, type Script } from "../scripted-dhcp.ts";
import { lan, planFor, type Pod, type World } from "./world.ts";

/** A DHCP server of the world's LAN, on its router; it ends with the world. */
export async function dhcpServer(world: World, leaseSeconds: number): Promise<DhcpServer> {
  const server = await makeDhcpServer({
    enter: (argv) => world.lan.enter(argv),
    folder: join(world.root, "udhcpd"),
    interface: "lan",
    host: lan.router,
    range: lan.dhcp,
    leaseSeconds,
  });
  world.onClose(() => server.close());
  return server;
}

/** Starts a scripted server on the LAN's router; returns a function that stops it. */
export function startScripted(world: World, script: Omit<Script, "server">): Promise<() => Promise<void>> {
  return runScript({ server: lan.router, ...script }, (argv) => world.lan.enter(argv));
}

/** A plan for a macvlan with an address from DHCP; `more` overrides its fields. */
export function leasedPlan(pod: Pod, more: Partial<InjectPlan> = {}): InjectPlan {
  const plan = planFor(pod, "", { addresses: [], ...more });
  return { dhcp: { clientId: dhcpClientIdentifier(plan.vnic) }, ...plan };
}
