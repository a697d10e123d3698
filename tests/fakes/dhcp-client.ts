import type { ClientCallbacks } from "../../provider/agent/dhcp-client.ts";
import type { ClientEvent } from "../../provider/model/lease/lease.ts";
import type { LeaseSubject } from "../../provider/model/wire/agent-protocol.ts";
import type { LongRunning } from "../../provider/node/run.ts";

/**
 * A DHCP client that reports the events that a test passes to it. It ends at SIGKILL, and at SIGTERM unless the test
 * switches that off.
 */
export class FakeDhcpClient implements LongRunning {
  /** The address that the client requests. */
  readonly asked: string | undefined;
  readonly signals: NodeJS.Signals[] = [];
  readonly ended: Promise<string>;
  ignoresTerm = false;
  private readonly ears: ClientCallbacks;
  private resolveEnded: (how: string) => void = () => undefined;

  constructor(subject: LeaseSubject, ears: ClientCallbacks) {
    this.asked = subject.address;
    this.ears = ears;
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
  }

  signal(name: NodeJS.Signals): void {
    this.signals.push(name);
    if (name === "SIGKILL" || (name === "SIGTERM" && !this.ignoresTerm)) this.end(`ended by ${name}`);
  }

  end(how: string): void {
    this.resolveEnded(how);
  }

  /** Reports a lease of 60 s, or another event. */
  report(event: string, given: Partial<ClientEvent> = {}): void {
    const lease = { ip: "192.168.50.110", subnet: "255.255.255.0", serverid: "192.168.50.1", lease: "60" };
    this.ears.event({ event, ...(event === "bound" || event === "renew" ? lease : {}), ...given });
  }
}
