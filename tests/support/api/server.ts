import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded } from "../../lab/child.ts";
import { rareCollections } from "../../lab/daemon.ts";
import type { Lab, Output } from "../../lab/index.ts";
import { kubectlWith } from "../../lab/kubectl.ts";
import { ensureKubernetes } from "../../lab/programs.ts";
import { until } from "../../lab/run.ts";
import type { PlatformPart } from "../../../provider/model/platform/platform.ts";
import { applyObjects, installPlatform } from "../cluster.ts";
import type { ProxiedServer } from "../fault-proxy.ts";
import { freePorts } from "../free-port.ts";

/** A Kubernetes API server with etcd, without controllers and nodes. */
export interface ApiServer {
  readonly kubectl: Lab["kubectl"];
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Address of its etcd. */
  readonly etcd: string;
  /** For a proxy in front of it. */
  readonly proxied: ProxiedServer;
  /** Creates a namespace with its default service account, as a controller would. */
  makeNamespace(name: string): Promise<void>;
  /** Sends a request to create an object, with all checks, but without storing the object. */
  tryCreate(object: object): Promise<Output>;
}

let shared: Promise<ApiServer> | undefined;

/** This process's API server with our CRDs, accounts and rights; started on first use, stopped with the process. */
export function apiServer(): Promise<ApiServer> {
  return (shared ??= startApiServer());
}

export interface ApiServerOptions {
  /** Whether its API has only an IPv6 address. @default false */
  readonly ipv6?: boolean;
  /** Additional flags of etcd and of the API server. */
  readonly etcdFlags?: readonly string[];
  readonly flags?: readonly string[];
  /** Parts of the platform that run or decide by themselves and should be installed. @default none */
  readonly standing?: readonly PlatformPart[];
}

/** Starts another API server, as another cluster. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { ipv6 = false, etcdFlags = [], flags = [], standing = [] } = options;
  const host = ipv6 ? "::1" : "127.0.0.1";
  const programs = await ensureKubernetes();
  const folder = await mkdtemp(join(tmpdir(), "vnic-api-server-"));
  const children: ChildProcess[] = [];
  process.once("exit", () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const [clients, peers, port] = await freePorts(3);
  const etcd = `http://127.0.0.1:${clients}`;
  const accountsKey = join(folder, "service-accounts.key");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(accountsKey, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  const token = randomUUID();
  const tokens = join(folder, "tokens.csv");
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const certificates = join(folder, "certificates");

  function launch(name: string, argv: readonly string[]): void {
    const [program = "", ...words] = argv;
    const log = openSync(join(folder, `${name}.log`), "a");
    const env = { ...process.env, ...rareCollections };
    children.push(spawn(program, words, { stdio: ["ignore", log, log], cwd: folder, env }));
  }
  launch("etcd", [
    "etcd",
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peers}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
    ...etcdFlags,
  ]);
  launch("kube-apiserver", [
    join(programs, "kube-apiserver"),
    `--etcd-servers=${etcd}`,
    `--bind-address=${host}`,
    `--secure-port=${port}`,
    `--cert-dir=${certificates}`,
    `--token-auth-file=${tokens}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    ...(ipv6
      ? ["--service-cluster-ip-range=fd00:96::/112", "--advertise-address=fd00::1"]
      : ["--service-cluster-ip-range=10.96.0.0/16"]),
    "--allow-privileged=true",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${accountsKey}`,
    `--service-account-signing-key-file=${accountsKey}`,
    ...flags,
  ]);

  const kubeconfig = join(folder, "kubeconfig");
  const url = `https://${ipv6 ? "[::1]" : host}:${port}`;
  // The certificate is signed by itself.
  const certificate = join(certificates, "apiserver.crt");
  const access = async () => ({ url, ca: readFileSync(certificate), token });
  const kubectl = kubectlWith(join(programs, "kubectl"), kubeconfig, access);
  const proxied = { url, key: join(certificates, "apiserver.key"), certificate, authority: certificate };
  const textFor = () => kubeconfigText(url, readFileSync(certificate).toString("base64"), token);
  await until("the API server", 170, async () => {
    const ended = children.find(hasEnded);
    if (ended) throw new Error(`${ended.spawnfile} has ended: ${lastWords(folder, ended)}`);
    try {
      writeFileSync(kubeconfig, textFor(), { mode: 0o600 });
    } catch {
      return undefined; // it has no certificate yet
    }
    return (await kubectl(["get", "--raw", "/readyz"])).code === 0 ? true : undefined;
  });

  async function makeNamespace(name: string): Promise<void> {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await applyObjects(kubectl, [{ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } }, account(name)]);
  }
  await installPlatform(kubectl, standing);
  await applyObjects(kubectl, [account("vnic-system")]);
  const tryCreate = (object: object) => kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(object));
  return { kubectl, kubeconfig, etcd, proxied, makeNamespace, tryCreate };
}

const account = (namespace: string): object => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "default", namespace },
});

function kubeconfigText(server: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "api", cluster: { server, "certificate-authority-data": ca } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "api", context: { cluster: "api", user: "admin" } }],
    "current-context": "api",
  });
}

function lastWords(folder: string, { spawnfile }: ChildProcess): string {
  const name = spawnfile.split("/").at(-1);
  return readFileSync(join(folder, `${name}.log`), "utf8")
    .split("\n")
    .slice(-10)
    .join("\n");
}
