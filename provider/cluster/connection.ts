import type { KubeConfig, RequestContext, SecurityAuthentication } from "@kubernetes/client-node";
import { acceptIpv6Certificates } from "./server-identity.ts";
import { obtainCredentials, usableHeaders } from "./credentials.ts";
import { type Access, loadKubeConfig } from "./kubeconfig.ts";

type Client = typeof import("./client.ts");
type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

/** Credentials for one request, and the connections it may use. */
interface RequestCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
}

/** One state of the connection: a kubeconfig as it was read, and its pool of connections. */
interface ConnectionState {
  readonly config: KubeConfig;
  credentials?: Promise<RequestCredentials>;
  credentialsUntil: number;
  pool?: { readonly dispatcher: Dispatcher | undefined; readonly material: string };
}

/**
 * The connection to one API server: its credentials, and one pool of connections. Without it, the Kubernetes client
 * makes a new pool and a new TLS connection for every request, and runs a credential plugin once for each of many
 * concurrent requests.
 */
export class Connection implements SecurityAuthentication {
  private readonly client: Client;
  private readonly access: Access;
  /** Called whenever the server refuses a request because it has too many. */
  readonly overloaded: () => void;
  private state: ConnectionState;

  constructor(client: Client, access: Access, overloaded: () => void = () => undefined) {
    acceptIpv6Certificates();
    this.client = client;
    this.access = access;
    this.overloaded = overloaded;
    this.state = this.open();
  }

  get server(): string {
    return this.config.getCurrentCluster()?.server ?? "";
  }

  get config(): KubeConfig {
    return this.state.config;
  }

  /** The current state, to pass to {@link renew} if a request that used it fails. */
  get current(): object {
    return this.state;
  }

  /**
   * Starts again with fresh state, unless that was done since `used` was current: reads the kubeconfig again, because
   * its token may have been renewed, asks the credential plugin again, and makes new connections.
   */
  renew(used: object): void {
    if (this.state !== used) return;
    const former = this.state.pool?.dispatcher;
    this.state = this.open();
    // The former pool closes after its last request has ended.
    void former?.close();
  }

  /** Credentials and trusted certificates for a connection that isn't the client's own. */
  async applyToSocket(options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0]): Promise<void> {
    const { config } = this;
    await obtainCredentials(config, () => config.applyToHTTPSOptions(options));
    options.headers = usableHeaders(config, (options.headers ?? {}) as Record<string, string>);
  }

  getName(): string {
    return "kubeconfig";
  }

  async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const { headers, dispatcher } = await this.credentialsOf(this.state);
    for (const [name, value] of Object.entries(headers)) context.setHeaderParam(name, value);
    if (dispatcher) context.setDispatcher(dispatcher);
  }

  private open(): ConnectionState {
    return { config: loadKubeConfig(this.client, this.access), credentialsUntil: 0 };
  }

  /** Asks the client for credentials at most once a second, which is far more often than they expire. */
  private credentialsOf(state: ConnectionState): Promise<RequestCredentials> {
    if (state.credentials && performance.now() < state.credentialsUntil) return state.credentials;
    state.credentialsUntil = performance.now() + 1000;
    state.credentials = this.requestCredentials(state);
    state.credentials.catch(() => (state.credentialsUntil = 0));
    return state.credentials;
  }

  private async requestCredentials(state: ConnectionState): Promise<RequestCredentials> {
    const { RequestContext, HttpMethod } = this.client;
    const probe = new RequestContext(this.server, HttpMethod.GET);
    await obtainCredentials(state.config, () => state.config.applySecurityAuthentication(probe));
    const headers = usableHeaders(state.config, probe.getHeaders());
    const { certData, certFile, keyData, keyFile } = state.config.getCurrentUser() ?? {};
    const material = JSON.stringify([certData, certFile, keyData, keyFile]);
    if (state.pool?.material !== material) state.pool = { dispatcher: probe.getDispatcher(), material };
    return { headers, dispatcher: state.pool.dispatcher };
  }
}
