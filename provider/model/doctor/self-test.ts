import { selfTestName } from "../names.ts";
import { type Finding, fault, ok } from "./finding.ts";

/** A test whether a NIC on a network is answered from a host outside the cluster. */
export interface SelfTest {
  readonly node: string;
  /** Name of a VnicNetwork. */
  readonly network: string;
  /** Address of the host that must answer, on the network's own subnet. */
  readonly host: string;
  readonly namespace: string;
  readonly image: string;
  /** The NIC's address in CIDR form. @default an address from DHCP */
  readonly address?: string;
}

/** What a test has shown: the NIC's address and MAC, and the MAC that answered; or the step that failed. */
export type SelfTestResult =
  | { readonly address: string; readonly mac: string; readonly answeredBy: string | undefined }
  | { readonly problem: string };

/** Longest life of the test's pod, in seconds, in case this command is killed. */
const podSeconds = 180;

/**
 * The pod's program. It waits until the NIC has an address, and sends packets to a port on which nobody answers, until the kernel has
 * asked for the host's MAC and knows it. This needs no rights. A host that only sends to the NIC isn't `reachable`.
 */
const program = `
const { spawnSync } = require("node:child_process");
const { createSocket } = require("node:dgram");
const { writeFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { DEVICE, HOST } = process.env;
const ip = (...words) => spawnSync("ip", words, { encoding: "utf8" }).stdout ?? "";
const [kind, target] = HOST.includes(":") ? ["udp6", HOST.startsWith("fe80:") ? HOST + "%" + DEVICE : HOST] : ["udp4", HOST];
(async () => {
  while (ip("-o", "address", "show", "dev", DEVICE, "scope", "global") === "") await sleep(200);
  for (let attempt = 0; attempt < 20; attempt++) {
    const socket = createSocket(kind).on("error", () => undefined);
    socket.send("", 9, target, () => socket.close());
    await sleep(300);
    const line = ip("neighbour", "show", "to", HOST, "dev", DEVICE, "nud", "reachable");
    if (line.includes("lladdr")) return writeFileSync("/dev/termination-log", line.slice(0, 200));
  }
  process.exitCode = 1;
})();
`;

/** The pod of a test. It is pinned to its node, and passes the Pod Security level `restricted`. */
export function selfTestPod({ node, namespace, image, host }: SelfTest, device: string) {
  const env = [
    { name: "DEVICE", value: device },
    { name: "HOST", value: host },
  ];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: selfTestName(node), labels: { "app.kubernetes.io/name": "pulumi-vnic-self-test" } },
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: podSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: "Exists" }],
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "self-test",
          image,
          command: ["node", "-e", program],
          env,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}

/** The part of the pod's status that has the result. */
export interface SelfTestPodStatus {
  readonly phase?: string;
  readonly containerStatuses?: readonly {
    readonly state?: { readonly terminated?: { readonly exitCode: number; readonly message?: string } };
  }[];
}

/** The MAC that answered, or `none`; undefined while the test is running. What the pod says is bounded and parsed. */
export function readSelfTest({ containerStatuses = [] }: SelfTestPodStatus): string | undefined {
  const ended = containerStatuses[0]?.state?.terminated;
  if (!ended) return undefined;
  const mac = /^\S{1,64} lladdr ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\b/.exec(ended.message ?? "")?.[1];
  return ended.exitCode === 0 && mac !== undefined ? mac : "none";
}

export function examineSelfTest({ node, network, host, address }: SelfTest, result: SelfTestResult): Finding {
  const subject = `node ${node}`;
  const test = `self-test on Network ${network}`;
  if ("problem" in result)
    return fault(
      subject,
      `${test}: ${result.problem}`,
      /DHCP server/.test(result.problem)
        ? "check the network's DHCP server, or name a free address with --address"
        : "mend what the message names; docs/troubleshooting.md has more about many messages",
    );
  const given = address === undefined ? `the DHCP server gave ${result.address}` : result.address;
  if (result.answeredBy !== undefined)
    return ok(subject, `${test}: ${host} answers a NIC with MAC ${result.mac}, ${given}`);
  return fault(
    subject,
    `${test}: ${host} doesn't answer a NIC with MAC ${result.mac}, ${given}`,
    `let the switch port or the hypervisor pass frames with other MACs than the node's (promiscuous mode, forged transmits), or use mode ipvlan; check that ${host} runs on this network and VLAN`,
  );
}
