import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { Claims } from "../../provider/lifecycle/claim.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject, type InjectOptions } from "../../provider/lifecycle/inject.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { type Definition, parseDefinition } from "../../provider/model/vnic/definition.ts";
import { type StoredVnic, vnicRef } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { appPod, type Lab, up } from "../lab/index.ts";
import type { Node } from "../lab/layout.ts";
import { applyObjects, installPlatform, kubectl, providerKubeconfig } from "./cluster.ts";
import { runInPodNetns } from "./pod-netns.ts";

/** The lifecycle on the lab without the engine. It is called as the hooks call it, with only the provider's rights. */
export interface Bench {
  readonly lab: Lab;
  readonly driver: Driver;
  /** The progress messages. */
  readonly shown: string[];
  readonly namespace: string;
  inject(definition: Definition, options?: InjectOptions): Promise<VnicState>;
  eject(state: VnicState): Promise<void>;
  /** Ejects all Vnics of the bench's namespace, such as those that a failed test has left. */
  ejectAll(): Promise<void>;
  /** Creates an application pod in the bench's namespace and waits until it is running. */
  runPod(name: string, node: Node): Promise<void>;
  /** Runs kubectl in the bench's namespace, which must succeed. */
  kubectl(...argv: string[]): Promise<string>;
  /** The output of `ip -j -d address` in the network namespace that has the pod's address on the cluster network. */
  linksIn(pod: string): Promise<PodLink[]>;
}

export interface OpenBench extends Bench {
  /** Ejects the Vnics that a failed test has left, ends the sessions, and deletes the namespace. */
  close(): Promise<void>;
}

export interface PodLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly ifalias?: string;
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

export interface BenchOptions {
  readonly namespace: string;
  readonly image?: string;
  /** Kubeconfig to use instead of the provider's own. */
  readonly kubeconfig?: string;
}

export async function openBench({ namespace, image = defaultImage, kubeconfig }: BenchOptions): Promise<OpenBench> {
  const lab = await up();
  await installPlatform(lab.kubectl);
  const level = { "pod-security.kubernetes.io/enforce": "restricted" };
  await applyObjects(lab.kubectl, [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: level } },
  ]);
  const cluster = await openCluster({ kubeconfig: kubeconfig ?? (await providerKubeconfig(lab.kubectl)) });
  const sessions = new SessionPool(cluster, { image });
  const shown: string[] = [];
  const driver: Driver = { cluster, sessions, claims: new Claims("a test"), report: (text) => shown.push(text) };
  const here = (...argv: string[]) => kubectl(lab.kubectl, ["-n", namespace, ...argv]);
  const ejectAll = async () => {
    const { items } = JSON.parse(await here("get", "vnics", "-o", "json")) as { items: StoredVnic[] };
    for (const { metadata } of items)
      await eject(driver, { namespace, name: metadata.name }, metadata, new Deadline("cleaning up", 300));
  };
  return {
    lab,
    driver,
    shown,
    namespace,
    inject: (definition, options) => inject(driver, definition, options),
    eject: (state) => {
      const { uid, owner, node, pod } = state;
      const remembered = { uid, node, podName: pod.name, ...(owner === undefined ? {} : { owner }) };
      return eject(driver, vnicRef(state), remembered, new Deadline("ejecting", 300));
    },
    ejectAll,
    runPod: async (name, node) => {
      await applyObjects(lab.kubectl, [appPod({ namespace, name, node })]);
      await here("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=300s");
    },
    kubectl: here,
    linksIn: async (pod) =>
      JSON.parse(await runInPodNetns({ lab, namespace }, pod, ["ip", "-j", "-d", "address"])) as PodLink[],
    close: async () => {
      // Remove records that a failed test has left, because their finalizers would keep the namespace from being
      // deleted.
      await ejectAll();
      await sessions.close();
      await kubectl(lab.kubectl, [
        "delete",
        "namespace",
        namespace,
        "--ignore-not-found",
        "--wait=true",
        "--timeout=300s",
      ]);
    },
  };
}

/** Time enough for a busy machine. */
const deadlines = { createSeconds: 300, updateSeconds: 300, deleteSeconds: 300 };

/** The definition that `check` makes of a user's inputs. */
export function define(
  inputs: { name: string; pod: { namespace: string; name: string } } & Record<string, unknown>,
): Definition {
  const usual = { network: { parent: "eth1" }, declaredBy: `urn:test::${inputs.name}`, deadlines };
  const parsed = parseDefinition({ ...usual, ...inputs });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.definition;
}

/** The link with the given name. */
export function linkNamed(links: readonly PodLink[], name: string): PodLink | undefined {
  return links.find(({ ifname }) => ifname === name);
}

export function addressesOf(link: PodLink | undefined): string[] {
  return (link?.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
