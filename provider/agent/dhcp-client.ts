import { hostOf } from "../base/address.ts";
import type { LeaseSubject } from "../model/wire/agent-protocol.ts";
import { type ClientEvent, readClientEvent } from "../model/lease/lease.ts";
import { netnsPath, startLongRunningIn } from "../node/netns.ts";
import type { LongRunning } from "../node/run.ts";

const eventProgram = process.env["VNIC_DHCP_EVENT"] ?? "/app/dhcp-event.awk";

/**
 * Seconds between two messages while no answer comes. Some servers probe an address for a second before they offer it.
 */
const retrySeconds = 2;
const discovers = 5;
const pauseSeconds = 5;

/**
 * How long to wait for another holder of the offered address to answer; a host on a LAN answers within a few
 * milliseconds.
 */
const probeMilliseconds = 200;

/** Seconds without an answer after which we assume that there is no DHCP server, or none with a free address. */
export const acquisitionSeconds = (discovers + 1) * retrySeconds;

/** Callbacks for each event that a client reports, and for each line of its log. */
export interface ClientCallbacks {
  readonly event: (event: ClientEvent) => void;
  readonly log: (line: string) => void;
}

/**
 * Runs a DHCP client (udhcpc of busybox) in the pod's network namespace until it gets a signal. The client doesn't
 * configure the NIC. Of the server's options, only `takenVariables` are passed on.
 */
export function startDhcpClient(
  { netns, interfaceName, dhcp, address, duplicateAddressDetection = true }: LeaseSubject,
  callbacks: ClientCallbacks,
): LongRunning {
  const requested = address && hostOf(address);
  const words = [
    // udhcpc releases its lease on SIGTERM, but not on SIGKILL.
    "--foreground",
    "--release",
    ...["-i", interfaceName],
    ...["-s", eventProgram],
    ...["-t", String(discovers), "-T", String(retrySeconds), "-A", String(pauseSeconds)],
    // udhcpc declines an address that is taken (RFC 2131, 4.4.1), and asks for another.
    ...(duplicateAddressDetection ? [`-a${probeMilliseconds}`] : []),
    // Request only the subnet mask, and routes if they are wanted; servers send the lease time anyway.
    ...["-o", "-O", "subnet"],
    ...(dhcp.routes ? ["-O", "staticroutes"] : []),
    ...(dhcp.routes && dhcp.defaultRoute ? ["-O", "router"] : []),
    ...["-x", `0x3d:${dhcp.clientId}`],
    ...(dhcp.hostname === undefined ? [] : ["-x", `hostname:${dhcp.hostname}`]),
    ...(requested === undefined ? [] : ["-r", requested]),
  ];
  return startLongRunningIn({ path: netnsPath(netns) }, "udhcpc", words, {
    stdout: (line) => {
      const event = readClientEvent(line);
      if (event) callbacks.event(event);
    },
    stderr: callbacks.log,
  });
}
