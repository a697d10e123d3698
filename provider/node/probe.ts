import { familyOf, hostOf } from "../base/address.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rival } from "../model/vnic/agent-status.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import { truncate } from "../base/quote.ts";
import type { InjectPlan, Interface } from "../model/wire/session-protocol.ts";
import { ipBatch, ipRows } from "./link.ts";
import { device as deviceWord, host as hostWord, ipLine, mac as macWord } from "../model/link/ip-line.ts";
import { type Netns, startLongRunningIn } from "./netns.ts";
import { Slots } from "./fair-slots.ts";
import type { LongRunning } from "./run.ts";
import { inProgramTurn, withoutSlot } from "./slots.ts";
import { solicitedGroup } from "./solicited-group.ts";

/*
 * Duplicate address detection before an address is used. Hosts on a LAN answer within milliseconds, so the timers are
 * much shorter than those of RFC 5227, which permits that (2.2).
 */

const probes = 3;
const intervalMilliseconds = 25;
/**
 * How many IPv4 addresses are asked for at once, in all, and for one namespace among several. Each takes up to three
 * processes, and a namespace's Vnics may have thousands of addresses, which would use up the memory of this container.
 */
const asking = new Slots(32, { perGroup: 16 });

/**
 * Refuses an address that is new on the link if another host answers for it, and names that host's MAC. Does nothing if
 * detection is off. All addresses are probed concurrently over a link that is up. An answer from the Vnic's own MAC
 * comes from where the Vnic was before, and is ignored.
 */
export async function probe(netns: Netns, plan: InjectPlan, live: Pick<Interface, "addresses">): Promise<void> {
  const added = plan.addresses.filter((address) => !live.addresses.includes(address));
  if (plan.duplicateAddressDetection === false || added.length === 0) return;
  const rival = await findRival(netns, plan.vnic.namespace, plan.interfaceName, plan.mac, added);
  if (!rival) return;
  const index = plan.addresses.findIndex((address) => hostOf(address) === rival.host);
  throw new VnicError(
    "conflict",
    `addresses[${index}]: ${rival.host} is in use on the network, by a host with MAC ${rival.mac}; choose another, or find out who that is`,
    { subject: { type: "host", mac: rival.mac } },
  );
}

/**
 * Finds a host on the network that answers for one of the addresses of a Vnic in that namespace. IPv6 addresses must not
 * be on the device itself.
 */
export async function findRival(
  netns: Netns,
  namespace: string,
  device: string,
  mac: string,
  addresses: readonly string[],
): Promise<Rival | undefined> {
  const hosts = addresses.map(hostOf);
  const answers = await Promise.all([
    ...hosts
      .filter((host) => familyOf(host) === 4)
      .map((host) => withoutSlot(() => asking.use(namespace, () => askByArp(netns, device, host)))),
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
  const sent: LongRunning[] = [];
  try {
    for (let probe = 1; probe <= probes && answers.length === 0; probe++) {
      sent.push(await inProgramTurn(() => sendArpProbe(netns, device, host, (mac) => answers.push({ host, mac }))));
      await sleep(intervalMilliseconds);
    }
    return answers;
  } finally {
    for (const probe of sent) probe.signal("SIGKILL");
  }
}

/**
 * Sends one ARP probe, which has no sender address, so that no host updates its cache (RFC 5227, 2.1.1). Resolves once
 * it is sent; `onReply` is called with the MAC that answers.
 */
function sendArpProbe(
  netns: Netns,
  device: string,
  host: string,
  onReply: (mac: string) => void,
): Promise<LongRunning> {
  return new Promise((resolve, reject) => {
    const complaints: string[] = [];
    const arping = ["arping", "-D", "-f", "-c", "1", "-w", "1", "-I", device, host];
    const program = startLongRunningIn(netns, "stdbuf", ["--output=L", ...arping], {
      stdout: (line) => {
        const mac = / reply from \S+ \[([0-9A-F:]{17})\]/.exec(line)?.[1];
        if (mac !== undefined) onReply(mac.toLowerCase());
        resolve(program);
      },
      stderr: (line) => complaints.length < 8 && complaints.push(truncate(line, 200)),
    });
    void program.ended.then((how) =>
      reject(new VnicError("failed", `asking who has ${host}: ${complaints.join("; ") || how}`)),
    );
  });
}

/**
 * Sends neighbour solicitations through the kernel. The kernel's own duplicate address detection doesn't say who
 * answered, and takes a second.
 *
 * All network namespaces of the node share the kernel's table of neighbours. If others have filled it, the kernel refuses
 * the entry of a host, or drops a question because there is no room for the entry of the group to which it is sent. Then
 * the questions are repeated by entries that aren't counted.
 */
async function askByNeighborDiscovery(netns: Netns, device: string, hosts: readonly string[]): Promise<Rival[]> {
  if (hosts.length === 0) return [];
  const on = ipLine`dev ${deviceWord(device)}`;
  const forget = hosts.map((host) => ipLine`neigh del ${hostWord(host)} ${on}`);
  const ask = hosts.map((host) => ipLine`neigh replace ${hostWord(host)} ${on} nud none use`);
  const groups = hosts.map(solicitedGroup);
  const ofGroups = groups.map(
    ({ group, mac }) => ipLine`neigh replace ${hostWord(group)} lladdr ${macWord(mac)} ${on}`,
  );
  const askUncounted = [
    ...ofGroups.map((line) => ipLine`${line} nud permanent`),
    ...ask.map((line) => ipLine`${line} extern_learn`),
  ];
  const count = [
    ...ofGroups.map((line) => ipLine`${line} nud noarp`),
    ...hosts.map((host) => ipLine`neigh replace ${hostWord(host)} ${on} nud none`),
  ];
  let hasAsked = true;
  let isUncounted = false;
  let answers: Rival[] = [];
  try {
    for (let probe = 1; probe <= probes && answers.length === 0; probe++) {
      if (hasAsked) hasAsked = await hasRoom(() => ipBatch(netns, probe === 1 ? ask : [...forget, ...ask]));
      if (!hasAsked) {
        isUncounted = true;
        await ipBatch(netns, askUncounted);
      }
      await withoutSlot(() => sleep(intervalMilliseconds));
      const rows = await neighbors(netns, device);
      answers = rows.flatMap(({ dst: host = "", lladdr: mac }) =>
        mac !== undefined && hosts.includes(host) ? [{ host, mac }] : [],
      );
      hasAsked &&= groups.every(({ group }) => rows.some(({ dst }) => dst === group));
    }
  } finally {
    // The kernel removes only entries that count.
    if (isUncounted) await ipBatch(netns, count);
  }
  return answers;
}

/** Whether the kernel's table of neighbours has room for what `make` adds to it. */
function hasRoom(make: () => Promise<void>): Promise<boolean> {
  return make().then(
    () => true,
    (error: unknown) => {
      if (!/No buffer space available/.test(messageOf(error))) throw error;
      return false;
    },
  );
}

/** All entries of a device, including those of groups. */
function neighbors(netns: Netns, device: string): Promise<{ dst?: string; lladdr?: string }[]> {
  return ipRows(netns, ["-6", "-j", "neigh", "show", "nud", "all", "dev", device]);
}
