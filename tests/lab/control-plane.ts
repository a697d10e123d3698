import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { certificate, privateKey, writeKubeconfig } from "./certificates.ts";
import { cluster, netnsPath, stateDir } from "./layout.ts";
import { startDaemon } from "./daemon.ts";

const dir = join(stateDir, "control");

/** Starts etcd and the API server, which waits for etcd. */
export async function startApiServer(programs: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  start("etcd", [
    "etcd",
    `--data-dir=${join(dir, "etcd")}`,
    "--listen-client-urls=http://127.0.0.1:2379",
    "--advertise-client-urls=http://127.0.0.1:2379",
    "--listen-peer-urls=http://127.0.0.1:2380",
    "--unsafe-no-fsync", // a lab's data need not survive a power cut
    "--log-level=warn",
  ]);
  start("kube-apiserver", [
    join(programs, "kube-apiserver"),
    "--etcd-servers=http://127.0.0.1:2379",
    "--secure-port=443", // the service's own port: 10.96.0.1:443 is an address of this machine
    `--advertise-address=${cluster.control}`,
    `--service-cluster-ip-range=${cluster.services}`,
    `--client-ca-file=${certificate("ca")}`,
    `--tls-cert-file=${certificate("apiserver")}`,
    `--tls-private-key-file=${privateKey("apiserver")}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${privateKey("service-accounts")}`,
    `--service-account-signing-key-file=${privateKey("service-accounts")}`,
    `--kubelet-certificate-authority=${certificate("ca")}`,
    `--kubelet-client-certificate=${certificate("kubelet-client")}`,
    `--kubelet-client-key=${privateKey("kubelet-client")}`,
    "--kubelet-preferred-address-types=InternalIP",
  ]);
}

/**
 * Starts the controller manager and the scheduler. The API server must be ready, because they wait long before they
 * retry.
 */
export async function startControllers(programs: string): Promise<void> {
  const managerConfig = join(dir, "controller-manager.kubeconfig");
  const schedulerConfig = join(dir, "scheduler.kubeconfig");
  await writeKubeconfig(managerConfig, "controller-manager");
  await writeKubeconfig(schedulerConfig, "scheduler");
  start("kube-controller-manager", [
    join(programs, "kube-controller-manager"),
    `--kubeconfig=${managerConfig}`,
    `--root-ca-file=${certificate("ca")}`,
    `--service-account-private-key-file=${privateKey("service-accounts")}`,
    "--use-service-account-credentials=true",
    // This one only writes warnings into policies, and checks them anew at each change.
    "--controllers=*,-validatingadmissionpolicy-status-controller",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
  ]);
  start("kube-scheduler", [
    join(programs, "kube-scheduler"),
    `--kubeconfig=${schedulerConfig}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
  ]);
}

function start(name: string, argv: readonly string[]): void {
  startDaemon(join(dir, `${name}.log`), [`--net=${netnsPath("control")}`], argv);
}
