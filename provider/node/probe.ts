import { familyOf, hostOf } from "../base/address.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rival } from "../model/vnic/agent-status.ts";
import { VnicError } from "../base/errors.ts";
import { cut } from "../base/quote.ts";
import type { InjectPlan, Interface } from "../model/wire/session-protocol.ts";
import { ipBatch, ipRows } from "./link.ts";
import { device as deviceWord, host as hostWord, ipLine } from "../model/link/ip-line.ts";
import { type Netns, startLastingIn } from "./netns.ts";
import type { Lasting } from "./run.ts";
import { aside } from "./slots.ts";

/*
 * Duplicate address detection before use: who answers for an address that isn't ours yet? The timers are short, as a LAN
 * answers within a few milliseconds; RFC 5227 has them in seconds, for networks of 2008, and allows others (2.2).
 */

const probes = 3;
const intervalMilliseconds = 25;

/**
 * Refuses an address that the link has not yet and that a host on the network answers for, naming that host's MAC; unless
 * that was switched off. All are asked for side by side over a link that is up. An answer from the Vnic's own MAC is the
 * Vnic itself at a former place.
 */
export async function probe(netns: Netns, plan: InjectPlan, live: Pick<Interface, "addresses">): Promise<void> {
  const added = plan.addresses.filter((address) => !live.addresses.includes(address));
  if (plan.duplicateAddressDetection === false || added.length === 0) return;
  const rival = await findRival(netns, plan.interfaceName, plan.mac, added);
  if (!rival) return;
  const index = plan.addresses.findIndex((address) => hostOf(address) === rival.host);
  throw new VnicError(
    "conflict",
    `addresses[${index}]: ${rival.host} is in use on the network, by a host with MAC ${rival.mac}; choose another, or find out who that is`,
    { subject: { type: "host", mac: rival.mac } },
  );
}

/** A host on the network that answers for one of the addresses; IPv6 ones may not be the device's own. */
export async function findRival(
  netns: Netns,
  device: string,
  mac: string,
  addresses: readonly string[],
): Promise<Rival | undefined> {
  const hosts = addresses.map(hostOf);
  const answers = await Promise.all([
    ...hosts.filter((host) => familyOf(host) === 4).map((host) => askByArp(netns, device, host)),
    askByNeighborDiscovery(
      netns,
      device,
      hosts.filter((host) => familyOf(host) === 6),
    ),
  ]);
  return answers.flat().find((answer) => answer.mac !== mac);
}

async function askByArp(netns: Netns, device: string, host: string): Promise<Rival[]> {
  const answers: Rival[] = [];
  const sent: Lasting[] = [];
  try {
    for (let probe = 1; probe <= probes && answers.length === 0; probe++) {
      sent.push(await sendArpProbe(netns, device, host, (mac) => answers.push({ host, mac })));
      await aside(() => sleep(intervalMilliseconds));
    }
    return answers;
  } finally {
    for (const probe of sent) probe.signal("SIGKILL");
  }
}

/**
 * Sends one ARP probe: a request that tells no address of the sender (RFC 5227, 2.1.1), so that nobody learns anything from
 * it. Answers once it is on its way, however long the program took to start; `hear` is told who has the address.
 */
function sendArpProbe(netns: Netns, device: string, host: string, hear: (mac: string) => void): Promise<Lasting> {
  return new Promise((resolve, reject) => {
    const complaints: string[] = [];
    const arping = ["arping", "-D", "-f", "-c", "1", "-w", "1", "-I", device, host];
    const program = startLastingIn(netns, "stdbuf", ["--output=L", ...arping], {
      stdout: (line) => {
        const mac = / reply from .* \[([0-9A-F:]{17})\]/.exec(line)?.[1];
        if (mac !== undefined) hear(mac.toLowerCase());
        resolve(program);
      },
      stderr: (line) => complaints.length < 8 && complaints.push(cut(line, 200)),
    });
    void program.ended.then((how) =>
      reject(new VnicError("failed", `asking who has ${host}: ${complaints.join("; ") || how}`)),
    );
  });
}

/**
 * The kernel's own neighbour solicitations. Its duplicate address detection does the same, but doesn't tell who answered,
 * and takes a second.
 */
async function askByNeighborDiscovery(netns: Netns, device: string, hosts: readonly string[]): Promise<Rival[]> {
  if (hosts.length === 0) return [];
  const forget = hosts.map((host) => ipLine`neigh del ${hostWord(host)} dev ${deviceWord(device)}`);
  const ask = hosts.map((host) => ipLine`neigh replace ${hostWord(host)} dev ${deviceWord(device)} nud none use`);
  let answers: Rival[] = [];
  for (let probe = 1; probe <= probes && answers.length === 0; probe++) {
    await ipBatch(netns, probe === 1 ? ask : [...forget, ...ask]);
    await aside(() => sleep(intervalMilliseconds));
    answers = await neighbors(netns, device, hosts);
  }
  return answers;
}

async function neighbors(netns: Netns, device: string, hosts: readonly string[]): Promise<Rival[]> {
  const rows = await ipRows<{ dst?: string; lladdr?: string }>(netns, ["-6", "-j", "neigh", "show", "dev", device]);
  return rows.flatMap(({ dst = "", lladdr }) =>
    lladdr !== undefined && hosts.includes(dst) ? [{ host: dst, mac: lladdr }] : [],
  );
}
