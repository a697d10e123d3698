import { messageOf, VnicError } from "../base/errors.ts";
import { openCluster } from "../cluster/kube-cluster.ts";
import type { Access } from "../cluster/kubeconfig.ts";
import { openRawApi, type RawApi } from "../cluster/raw-api.ts";
import { Claims, driverName } from "../lifecycle/claim.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import type { Driver } from "../lifecycle/driver.ts";
import { eject } from "../lifecycle/eject.ts";
import { inject } from "../lifecycle/inject.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import type { Finding } from "../model/doctor/finding.ts";
import {
  examineSelfTest,
  readSelfTest,
  type SelfTest,
  selfTestPod,
  type SelfTestPodStatus,
  type SelfTestResult,
} from "../model/doctor/self-test.ts";
import { selfTestName } from "../model/names.ts";
import { problemWords } from "../model/schema/problem.ts";
import { type Definition, parseDefinition } from "../model/vnic/definition.ts";
import { awaitGone } from "./delete-records.ts";
import { maxNodes, nodeNames } from "./examine-nodes.ts";

const stepSeconds = 60;

/** Which tests to run. */
export interface SelfTestScope extends Omit<SelfTest, "node"> {
  /** Name of the only node to test. @default all, at most ten */
  readonly node?: string;
}

/**
 * Gives a NIC to a pod of its own on each node, one after the other, and lets the pod ask a host outside the cluster.
 * Removes pod and NIC afterwards, and what an interrupted test left before. A test that fails is a finding.
 */
export async function runSelfTests(
  access: Access,
  { node: only, ...scope }: SelfTestScope,
  report: (words: string) => void,
): Promise<Finding[]> {
  const [api, cluster] = await Promise.all([openRawApi(access), openCluster(access)]);
  const nodes = only === undefined ? await nodeNames(api, []) : [only];
  const sessions = new SessionPool(cluster, { image: scope.image });
  const driver: Driver = {
    cluster,
    sessions,
    claims: new Claims(driverName("pulumi-vnic doctor")),
    report: () => undefined,
  };
  const findings: Finding[] = [];
  try {
    for (const node of nodes.slice(0, maxNodes)) {
      report(`testing Network ${scope.network} on node ${node}`);
      const test = { ...scope, node };
      const result = await runSelfTest(api, driver, test).catch((error: unknown) => ({ problem: messageOf(error) }));
      findings.push(examineSelfTest(test, result));
    }
    return findings;
  } finally {
    await sessions.close();
  }
}

async function runSelfTest(api: RawApi, driver: Driver, test: SelfTest): Promise<SelfTestResult> {
  const definition = define(test);
  await remove(api, driver, definition);
  try {
    await api.post(`/api/v1/namespaces/${test.namespace}/pods`, selfTestPod(test, definition.interfaceName));
    const { mac, addresses } = await inject(driver, definition);
    const answer = await awaitAnswer(api, definition);
    return { address: addresses[0] ?? "?", mac, answeredBy: answer === "none" ? undefined : answer };
  } finally {
    await remove(api, driver, definition);
  }
}

function define({ node, namespace, network, address }: SelfTest): Definition {
  const name = selfTestName(node);
  const parsed = parseDefinition({
    name,
    pod: { namespace, name },
    network,
    ...(address === undefined ? {} : { addresses: [address] }),
    deadlines: { createSeconds: stepSeconds },
  });
  if ("definition" in parsed) return parsed.definition;
  throw new VnicError("failed", problemWords(parsed.problems));
}

async function awaitAnswer(api: RawApi, { pod }: Definition): Promise<string> {
  const deadline = new Deadline(`self-test by pod ${pod.namespace}/${pod.name}`, stepSeconds);
  for (;;) {
    const found = await api.get<{ status: SelfTestPodStatus }>(podPath(pod));
    if (!found) throw new VnicError("failed", `pod ${pod.namespace}/${pod.name} was deleted during the test`);
    const answer = readSelfTest(found.status);
    if (answer !== undefined) return answer;
    await deadline.wait(200, "the pod to end");
  }
}

async function remove(api: RawApi, driver: Driver, { name, pod }: Definition): Promise<void> {
  const ref = { namespace: pod.namespace, name };
  const deadline = new Deadline(`removing what the self-test made, Vnic and pod ${pod.namespace}/${name}`, stepSeconds);
  const record = await driver.cluster.findVnic(ref);
  if (record) await eject(driver, ref, { uid: record.metadata.uid }, deadline);
  if (await api.delete(podPath(pod))) await awaitGone(api, podPath(pod), `pod ${pod.namespace}/${pod.name}`);
}

function podPath({ namespace, name }: Definition["pod"]): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}
