import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findReadyNodes, get } from "./api-server.ts";
import { makeCertificates, writeAdminKubeconfig } from "./certificates.ts";
import { startApiServer, startControllers } from "./control-plane.ts";
import { startDaemon } from "./daemon.ts";
import { ensureDebianPackages } from "./debian-packages.ts";
import { netnsMarker, tearDown } from "./down.ts";
import { buildImages, type Image } from "./images.ts";
import { importImages } from "./import-images.ts";
import { raiseInotifyLimit } from "./inotify.ts";
import { lan, netnsPath, type Node, nodes, stateDir } from "./layout.ts";
import { missing } from "./missing.ts";
import { makeNetwork, rememberNetnsDir } from "./network.ts";
import { findInit } from "./processes.ts";
import { describeKinds, kindOf, turn, turnFile } from "./node-kinds.ts";
import { ensureCrio, ensureKubelet, ensureKubernetes } from "./programs.ts";
import { until } from "./run.ts";
import { step } from "./step.ts";
import { type NodePrograms, startNode } from "./worker-node.ts";

/**
 * The file that is written last. It says that the lab is complete, and contains the fingerprint of the code that
 * started the lab.
 */
const stamp = join(stateDir, "complete");
const shapingFiles = [
  "certificates.ts",
  "control-plane.ts",
  "cri-o.ts",
  "layout.ts",
  "network.ts",
  "node-init",
  "node-kinds.ts",
  "up.ts",
  "worker-node.ts",
];

/** Starts the lab: keeps a healthy one, replaces any other, and imports changed images into its nodes. */
export async function bringUp(): Promise<void> {
  const lacked = missing();
  if (lacked.length > 0) throw new Error(`starting the lab: this machine lacks ${lacked.join(", ")}`);
  await ensureDebianPackages();
  const [programs, images] = await Promise.all([ensureKubernetes(), buildImages()]);
  if (!(await isHealthy(programs))) {
    await tearDown();
    await step(`starting the lab: ${describeKinds()}`, () => start(programs, images));
  }
  await importEverywhere(images);
}

const importEverywhere = (images: readonly Image[]): Promise<unknown> =>
  Promise.all(nodes.map((node) => importImages(node, images)));

async function start(programs: string, images: readonly Image[]): Promise<void> {
  await raiseInotifyLimit();
  await mkdir(stateDir, { recursive: true });
  await writeFile(turnFile, String(turn()));
  await rememberNetnsDir(netnsMarker);
  await Promise.all([makeNetwork(), makeCertificates()]);
  await writeAdminKubeconfig();
  await startApiServer(programs);
  for (const node of nodes) await startNode(node, await programsOf(node));
  startDhcpServer();
  await Promise.all([importEverywhere(images), startCluster(programs)]);
  await writeFile(`${stamp}.tmp`, await fingerprint(programs));
  await rename(`${stamp}.tmp`, stamp);
}

async function programsOf(node: Node): Promise<NodePrograms> {
  const { runtime, versionSuffix } = kindOf(node);
  const kubelet = await ensureKubelet(versionSuffix);
  return runtime === "crio" ? { kubelet, runtime: await ensureCrio() } : { kubelet };
}

async function startCluster(programs: string): Promise<void> {
  await until("the API server", 60, async () => (await get("/readyz")) && true);
  await writeFile(join(stateDir, "api-server-is-ready"), "");
  await startControllers(programs);
  await until(`nodes ${nodes.join(", ")} to be ready`, 60, async () => {
    const ready = await findReadyNodes();
    return nodes.every((node) => ready.includes(node)) ? true : undefined;
  });
  await until("the default service account", 30, () => get("/api/v1/namespaces/default/serviceaccounts/default"));
}

function startDhcpServer(): void {
  // --no-ping, because checking addresses by ping would take 3 s in each test.
  startDaemon(
    join(stateDir, "dnsmasq.log"),
    [`--net=${netnsPath("lan")}`],
    [
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=", "--log-facility=-"],
      ...[
        "--port=0",
        `--interface=${lan.bridge}`,
        "--bind-interfaces",
        "--dhcp-authoritative",
        "--log-dhcp",
        "--no-ping",
      ],
      ...[`--dhcp-range=${lan.dhcp.from},${lan.dhcp.to},1h`, `--dhcp-leasefile=${join(stateDir, "dnsmasq.leases")}`],
    ],
  );
}

async function isHealthy(programs: string): Promise<boolean> {
  if (!existsSync(stamp) || (await readFile(stamp, "utf8")) !== (await fingerprint(programs))) return false;
  if (nodes.some((node) => findInit(node) === undefined)) return false;
  const ready = await findReadyNodes();
  return nodes.every((node) => ready.includes(node));
}

/** A hash of the code, the Kubernetes version and the turn of a lab. A lab with another one is replaced. */
async function fingerprint(programs: string): Promise<string> {
  const hash = createHash("sha256").update(`${programs} ${turn()}`);
  for (const file of shapingFiles) hash.update(await readFile(join(import.meta.dirname, file)));
  return hash.digest("hex");
}
