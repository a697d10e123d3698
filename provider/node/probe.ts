import { setTimeout as sleep } from "node:timers/promises";
import { VnicError } from "../model/errors.ts";
import { ipBatch } from "./link.ts";
import { type Netns, runIn } from "./netns.ts";

/*
 * Duplicate address detection before use: who answers for an address that isn't ours yet? The timers are short, as a LAN
 * answers within a few milliseconds; RFC 5227 has them in seconds, for networks of 2008, and allows others (2.2).
 */

const probes = 3;
const intervalMilliseconds = 50;

interface Answer {
  readonly host: string;
  readonly mac: string;
}

/**
 * Refuses an address that a host on the network answers for, naming that host's MAC. All are asked for side by side over a
 * link that is up and has none of them. An answer from `mac`, our own, is the Vnic itself at a former place.
 */
export async function refuseTaken(
  netns: Netns,
  device: string,
  mac: string,
  wanted: readonly string[],
  all: readonly string[],
): Promise<void> {
  const hosts = wanted.map((address) => address.split("/")[0] ?? address);
  const answers = await Promise.all([
    askByArp(
      netns,
      device,
      hosts.filter((host) => !host.includes(":")),
    ),
    askByNeighborDiscovery(
      netns,
      device,
      hosts.filter((host) => host.includes(":")),
    ),
  ]);
  const rival = answers.flat().find((answer) => answer.mac !== mac);
  if (!rival) return;
  const index = all.findIndex((address) => address.split("/")[0] === rival.host);
  throw new VnicError(
    "conflict",
    `addresses[${index}]: ${rival.host} is in use on the network, by a host with MAC ${rival.mac}; choose another, or find out who that is`,
  );
}

/** ARP probes: requests that tell no address of the sender (RFC 5227, 2.1.1), so that nobody learns anything from them. */
async function askByArp(netns: Netns, device: string, hosts: readonly string[]): Promise<Answer[]> {
  if (hosts.length === 0) return [];
  const timers = [`--retry=${probes}`, `--timeout=${intervalMilliseconds}`, "--backoff=1"];
  const output = ["--quiet", "--plain", "--ignoredups"];
  const text = await runIn(netns, "arp-scan", [
    `--interface=${device}`,
    "--arpspa=0.0.0.0",
    ...timers,
    ...output,
    ...hosts,
  ]);
  return text
    .split("\n")
    .map((line) => line.split("\t"))
    .filter((fields) => fields.length === 2)
    .map(([host = "", mac = ""]) => ({ host, mac }));
}

/**
 * The kernel's own neighbour solicitations. Its duplicate address detection does the same, but doesn't tell who answered,
 * and takes a second.
 */
async function askByNeighborDiscovery(netns: Netns, device: string, hosts: readonly string[]): Promise<Answer[]> {
  if (hosts.length === 0) return [];
  const forget = hosts.map((host) => `neigh del ${host} dev ${device}`);
  const ask = hosts.map((host) => `neigh replace ${host} dev ${device} nud none use`);
  await ipBatch(netns, ask);
  await sleep(probes * intervalMilliseconds);
  // Asked once more, in case that the link was not ready to send yet.
  const first = await neighbors(netns, device, hosts);
  if (first.length > 0) return first;
  await ipBatch(netns, [...forget, ...ask]);
  await sleep(intervalMilliseconds);
  return neighbors(netns, device, hosts);
}

async function neighbors(netns: Netns, device: string, hosts: readonly string[]): Promise<Answer[]> {
  const rows = JSON.parse(await runIn(netns, "ip", ["-6", "-j", "neigh", "show", "dev", device])) as {
    dst?: string;
    lladdr?: string;
  }[];
  return rows.flatMap(({ dst = "", lladdr }) =>
    lladdr !== undefined && hosts.includes(dst) ? [{ host: dst, mac: lladdr }] : [],
  );
}
