import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cluster, kubeconfigPath, nodes, stateDir } from "./layout.ts";
import { must } from "./run.ts";

const dir = join(stateDir, "certificates");
const config = join(dir, "openssl.cnf");

export const certificate = (name: string): string => join(dir, `${name}.crt`);
export const privateKey = (name: string): string => join(dir, `${name}.key`);

/** Creates the cluster's certificate authority, all certificates signed by it, and the service accounts' key. */
export async function makeCertificates(): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // The machine's own openssl.cnf could add extensions.
  await writeFile(config, "[req]\ndistinguished_name = none\n[none]\n");
  await makeKey("ca");
  const authority = [
    "-addext",
    "basicConstraints=critical,CA:TRUE",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
  ];
  await must([...request("ca", "/CN=pulumi-vnic-lab"), ...authority]);
  await Promise.all([
    makeKey("service-accounts"),
    issue("apiserver", "/CN=kube-apiserver", [
      `IP:${cluster.control}`,
      `IP:${cluster.api}`,
      "IP:127.0.0.1",
      "DNS:kubernetes.default.svc",
      "DNS:localhost",
    ]),
    issue("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
    issue("admin", "/O=system:masters/CN=admin"),
    issue("controller-manager", "/CN=system:kube-controller-manager"),
    issue("scheduler", "/CN=system:kube-scheduler"),
    ...nodes.map((node) =>
      issue(node, `/O=system:nodes/CN=system:node:${node}`, [`IP:${cluster.node(node)}`, `DNS:${node}`]),
    ),
  ]);
}

/** Writes a kubeconfig with embedded certificates, so that it can be copied. */
export async function writeKubeconfig(path: string, user: string): Promise<void> {
  const data = async (file: string): Promise<string> => (await readFile(file)).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "pulumi-vnic-lab",
    contexts: [{ name: "pulumi-vnic-lab", context: { cluster: "pulumi-vnic-lab", user } }],
    clusters: [
      {
        name: "pulumi-vnic-lab",
        cluster: { server: `https://${cluster.control}`, "certificate-authority-data": await data(certificate("ca")) },
      },
    ],
    users: [
      {
        name: user,
        user: {
          "client-certificate-data": await data(certificate(user)),
          "client-key-data": await data(privateKey(user)),
        },
      },
    ],
  };
  // JSON is YAML.
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}

export const writeAdminKubeconfig = (): Promise<void> => writeKubeconfig(kubeconfigPath, "admin");

async function makeKey(name: string): Promise<void> {
  await must(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", privateKey(name)]);
}

function request(name: string, subject: string): string[] {
  const files = ["-config", config, "-key", privateKey(name), "-out", certificate(name)];
  return ["openssl", "req", "-x509", "-new", "-days", "365", "-subj", subject, ...files];
}

/** A certificate for server and client authentication, signed by the cluster's authority. */
async function issue(name: string, subject: string, alternativeNames: readonly string[] = []): Promise<void> {
  await makeKey(name);
  const names = alternativeNames.length === 0 ? [] : ["-addext", `subjectAltName=${alternativeNames.join(",")}`];
  const usage = ["-addext", "extendedKeyUsage=serverAuth,clientAuth", "-addext", "basicConstraints=critical,CA:FALSE"];
  await must([...request(name, subject), "-CA", certificate("ca"), "-CAkey", privateKey("ca"), ...usage, ...names]);
}
