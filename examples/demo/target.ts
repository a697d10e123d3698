import { dirname, join } from "node:path";
import { findProgram } from "../../tests/lab/find-program.ts";
import { appPod, ensureKubernetes, type Lab, up } from "../../tests/lab/index.ts";
import { run } from "../../tests/lab/run.ts";
import { applyObjects, installPlatform, kubectl, providerKubeconfig } from "../../tests/support/cluster.ts";
import { demo } from "../../tests/support/demo.ts";
import { askRedis } from "../../tests/support/outside.ts";

/** The cluster for the demo, the pod that gets the NIC, and a host outside the cluster that reaches the pod. */
export interface Target {
  readonly what: string;
  readonly kubectl: Lab["kubectl"];
  /** The kubeconfig for the provider. */
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly pod: string;
  readonly parent: string;
  /** The Vnic's address with prefix length. */
  readonly address: string;
  /** Queries the pod's server from outside, at an address without prefix length; returns lines to print. */
  readonly probe: (address: string) => Promise<string[]>;
  /** For the reader to look around afterwards: an administrator's kubeconfig, the folder of kubectl, and commands. */
  readonly admin: { readonly kubeconfig: string; readonly bin: string };
  readonly nextCommands: readonly string[];
  readonly tearDown: readonly string[];
}

/** Returns the cluster of `KUBECONFIG` if that is set, or else the lab. */
export function findTarget(): Promise<Target> {
  return process.env.KUBECONFIG ? ownTarget(process.env.KUBECONFIG) : labTarget();
}

/** A pod with a redis server on node1 of the lab, in a `restricted` namespace, as is typical for applications. */
async function labTarget(): Promise<Target> {
  const lab = await up();
  const { namespace, pod } = demo;
  const [node, outside] = ["node1", "lan1"] as const;
  await installPlatform(lab.kubectl);
  const level = { "pod-security.kubernetes.io/enforce": "restricted" };
  await applyObjects(lab.kubectl, [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: level } },
  ]);
  await applyObjects(lab.kubectl, [appPod({ namespace, name: pod, node })]);
  await kubectl(lab.kubectl, ["wait", "-n", namespace, "--for=condition=Ready", `pod/${pod}`, "--timeout=60s"]);
  return {
    what: `a lab on this machine: a real cluster of ${lab.nodes.length} nodes, and outside of it a LAN with host ${outside} (${lab.lan.hosts[outside].ipv4})`,
    kubectl: lab.kubectl,
    kubeconfig: await providerKubeconfig(lab.kubectl),
    namespace,
    pod,
    parent: lab.parent,
    address: `${demo.address}/24`,
    probe: async (address) => {
      const [pong, info] = await askRedis(lab, outside, address, ["PING", "CLIENT INFO"]).then((lines) => [
        lines[0],
        lines.find((line) => line.includes("laddr=")),
      ]);
      if (pong !== "+PONG") throw new Error(`${outside} asked ${address}:6379, and got ${JSON.stringify(pong)}`);
      const [from, to] = ["addr", "laddr"].map((key) => new RegExp(` ${key}=(\\S+)`).exec(info ?? "")?.[1]);
      return [
        `${outside} says PING to ${address}:6379, redis in the pod says ${pong.slice(1)}`,
        `redis sees the connection come from ${from} to ${to}: no NAT in between`,
      ];
    },
    admin: { kubeconfig: lab.kubeconfig, bin: await ensureKubernetes() },
    nextCommands: [
      "kubectl get vnics -A -o wide",
      `kubectl exec -n ${namespace} ${pod} -- ip address`,
      `npm run lab -- exec ${outside} -- ping -c 3 ${demo.address}`,
    ],
    tearDown: ["npm run lab -- down"],
  };
}

/** A running pod in the user's own cluster. Missing settings are reported all at once. */
async function ownTarget(kubeconfig: string): Promise<Target> {
  const wanted = {
    VNIC_POD: "the pod that gets the NIC, as namespace/name",
    VNIC_PARENT: "the NIC of its node that leads to the LAN, like eth1",
    VNIC_ADDRESS: "a free address of the LAN, like 192.168.50.10/24",
  };
  const missing = Object.entries(wanted).filter(([name]) => !process.env[name]);
  if (missing.length > 0)
    throw new Error(
      `KUBECONFIG is set, so the demo runs on that cluster, and needs:\n${missing.map(([name, what]) => `  ${name}  ${what}`).join("\n")}`,
    );
  const [namespace = "", pod = ""] = process.env.VNIC_POD?.split("/") ?? [];
  const program = findProgram("kubectl") ?? join(await ensureKubernetes(), "kubectl");
  const ownKubectl: Lab["kubectl"] = (argv, input) => run([program, ...argv], input === undefined ? {} : { input });
  await installPlatform(ownKubectl);
  const outside = process.env.VNIC_OUTSIDE?.split(" ").filter(Boolean) ?? [];
  return {
    what: `the cluster of ${kubeconfig}`,
    kubectl: ownKubectl,
    kubeconfig,
    namespace,
    pod,
    parent: process.env.VNIC_PARENT ?? "",
    address: process.env.VNIC_ADDRESS ?? "",
    probe: async (address) => {
      const { code, stdout } = await run([...outside, "ping", "-n", "-c", "1", "-W", "2", address], {
        timeoutSeconds: 20,
      });
      if (code !== 0)
        throw new Error(
          `no answer from ${address}; VNIC_OUTSIDE may hold a command that runs another on a host of the LAN, like "ssh host"`,
        );
      return stdout.split("\n").filter((line) => line.includes("bytes from"));
    },
    admin: { kubeconfig, bin: dirname(program) },
    nextCommands: ["kubectl get vnics -A -o wide"],
    tearDown: [],
  };
}
