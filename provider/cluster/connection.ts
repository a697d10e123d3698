import type { KubeConfig, RequestContext, SecurityAuthentication } from "@kubernetes/client-node";
import { acceptIpv6Certificates } from "./server-identity.ts";
import { type Access, loadKubeConfig } from "./kubeconfig.ts";

type Client = typeof import("./client.ts");
type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

/** What one request carries to be let in, and the connections it may use. */
interface Passport {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
}

/** One state of the connection: a kubeconfig as it was read, and the pool of connections made with it. */
interface Line {
  readonly config: KubeConfig;
  passport?: Promise<Passport>;
  passportUntil: number;
  pool?: { readonly dispatcher: Dispatcher | undefined; readonly material: string };
}

/**
 * The way to one API server: its credentials, and one pool of connections. The client by itself makes a new pool, and with
 * it a new TLS connection, for every request, and runs a credential plugin once for each of many requests that come at once.
 */
export class Connection implements SecurityAuthentication {
  private readonly client: Client;
  private readonly access: Access;
  private line: Line;

  constructor(client: Client, access: Access) {
    acceptIpv6Certificates();
    this.client = client;
    this.access = access;
    this.line = this.open();
  }

  get server(): string {
    return this.config.getCurrentCluster()?.server ?? "";
  }

  get config(): KubeConfig {
    return this.line.config;
  }

  /** What to hand to {@link renew} when what was done with it fails. */
  get current(): object {
    return this.line;
  }

  /**
   * Begins afresh, unless that was done since `used` was current: the kubeconfig is read again, as a token in it may have been
   * renewed, a credential plugin is asked again, and connections are made anew.
   */
  renew(used: object): void {
    if (this.line !== used) return;
    const former = this.line.pool?.dispatcher;
    this.line = this.open();
    // Ends when its last request has.
    void former?.close();
  }

  getName(): string {
    return "kubeconfig";
  }

  async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const { headers, dispatcher } = await this.passportOf(this.line);
    for (const [name, value] of Object.entries(headers)) context.setHeaderParam(name, value);
    if (dispatcher) context.setDispatcher(dispatcher);
  }

  private open(): Line {
    return { config: loadKubeConfig(this.client, this.access), passportUntil: 0 };
  }

  /** Asked of the client at most once a second, which is far more often than credentials expire. */
  private passportOf(line: Line): Promise<Passport> {
    if (line.passport && performance.now() < line.passportUntil) return line.passport;
    line.passportUntil = performance.now() + 1000;
    line.passport = this.issue(line);
    line.passport.catch(() => (line.passportUntil = 0));
    return line.passport;
  }

  private async issue(line: Line): Promise<Passport> {
    const { RequestContext, HttpMethod } = this.client;
    const probe = new RequestContext(this.server, HttpMethod.GET);
    await line.config.applySecurityAuthentication(probe);
    const { certData, certFile, keyData, keyFile } = line.config.getCurrentUser() ?? {};
    const material = JSON.stringify([certData, certFile, keyData, keyFile]);
    if (line.pool?.material !== material) line.pool = { dispatcher: probe.getDispatcher(), material };
    return { headers: probe.getHeaders(), dispatcher: line.pool.dispatcher };
  }
}
