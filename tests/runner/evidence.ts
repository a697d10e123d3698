/**
 * Collects evidence of a failure on the lab in a folder: node evidence.ts <folder>
 *
 * The evidence consists of records, pods, Jobs and events, the logs of our own pods, and of each node the
 * links, routes, network namespaces and resource files, and the logs of its programs.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { systemNamespace } from "../../provider/model/names.ts";
import { enter } from "../lab/enter.ts";
import { kubeconfigPath, type Node, nodeDir, nodes } from "../lab/layout.ts";
import { ensureKubernetes } from "../lab/programs.ts";
import { run } from "../lab/run.ts";

const kinds = ["vnics", "vnicsets", "vnicnetworks", "pods", "jobs", "nodes"];

const look = "ip -j -d address; ip -j route show table all; ip -j -6 route show table all; ip -j rule";
const nodeScript = [
  `echo "# the node"; ${look}`,
  `for n in /run/netns/*; do echo "# $n"; nsenter --net=$n sh -c '${look}'; done`,
  `for f in $(find ${stateDirectory} -type f); do echo "# $f"; cat $f; echo; done`,
].join("\n");

async function gather(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kubectl = [join(await ensureKubernetes(), "kubectl"), `--kubeconfig=${kubeconfigPath}`, "--request-timeout=5s"];
  const system = ["-n", systemNamespace];

  /** What the node's first process, its container runtime and its kubelet wrote last. */
  async function saveNodeLogs(node: Node): Promise<void> {
    const logs = ["init", "runtime", "kubelet"].map((name) => join(nodeDir(node), `${name}.log`));
    await save(`${node}-programs.log`, ["tail", "--lines=500", ...logs]);
  }

  async function saveLogs(): Promise<void> {
    const names = (await outputOf([...kubectl, "get", "pods", ...system, "-o", "name"])).split("\n");
    const pods = names.filter((name) => name.startsWith("pod/"));
    await Promise.all(
      pods.map((pod) => save(`${pod.replace("/", "-")}.log`, [...kubectl, "logs", ...system, pod, "--tail=2000"])),
    );
  }

  /** The lab may be down, or a node may have ended: that is evidence, too. */
  async function saveNode(node: Node): Promise<void> {
    try {
      await save(`${node}.txt`, enter(node, ["sh", "-c", nodeScript]));
    } catch (error) {
      await writeFile(join(folder, `${node}.txt`), String(error));
    }
  }

  async function save(file: string, argv: readonly string[]): Promise<void> {
    await writeFile(join(folder, file), await outputOf(argv));
  }

  await Promise.all([
    ...kinds.map((kind) =>
      save(`${kind}.yaml`, [...kubectl, "get", kind, "-A", "-o", "yaml", "--show-managed-fields"]),
    ),
    save("events.txt", [...kubectl, "get", "events", "-A", "--sort-by=.lastTimestamp"]),
    saveLogs(),
    ...nodes.map(saveNode),
    ...nodes.map(saveNodeLogs),
  ]);
}

/** The output of a program, with a time limit, so that a lab that hangs doesn't hang the report. */
async function outputOf(argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(argv, { timeoutSeconds: 15 });
  return stdout + stderr;
}

await gather(process.argv[2] ?? "");
