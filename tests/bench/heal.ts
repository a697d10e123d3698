import { apiVersion } from "../../provider/model/names.ts";
import { hostOf } from "../../provider/base/address.ts";
import { readyOf } from "../../provider/model/vnic/pending.ts";
import { specOf, type StoredVnic } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { applyObjects } from "../support/cluster.ts";
import { rebootNode } from "../support/damage.ts";
import { answersPing } from "../support/outside.ts";
import { startReconciler } from "../support/reconciler.ts";
import { podNetns } from "../support/pod-netns.ts";
import { define } from "../support/lifecycle.ts";
import { now } from "./clock.ts";
import { node, onLab, prober, subnet } from "./ground.ts";
import { healParts, healRequests, type HealRound } from "./heal-report.ts";
import { makeLinks, removeLinks } from "./kernel-work.ts";
import { cpuTimes } from "./observe.ts";
import { countRequests, difference } from "./server-requests.ts";
import type { Measured } from "./results.ts";
import { summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

const namespace = "bench-heal";
const pods = Array.from({ length: 10 }, (_, index) => `app-${index}`);
/** Longer than a node takes to come back; only for hangs. */
const patience = 600;

/** What is read of a pod. */
interface RestartedPod {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly containerStatuses?: readonly { restartCount: number; state: { running?: object } }[] };
}

/** Measures how the reconciler brings back the NICs of ten pods after their node has lost power. */
export async function measureHeal(count: number, rounds: number): Promise<Measured> {
  return onLab(namespace, async ({ bench }) => {
    const reconciler = await startReconciler(bench.lab, { on: "node2" });
    const samples: HealRound[] = [];
    try {
      await Promise.all(pods.map((pod) => bench.runPod(pod, node)));
      for (let round = 1; round <= rounds; round++) {
        const wires = Array.from({ length: count }, (_, index) => wire(index));
        const netns = new Map<string, string>();
        for (const pod of pods) netns.set(pod, await podNetns(bench, pod, node));
        const byHand = wires.map((definition) => ({ definition, netns: netns.get(definition.pod.name) ?? "" }));
        const { laps } = await makeLinks(byHand);
        await removeLinks(byHand);

        const records = async () =>
          (JSON.parse(await bench.kubectl("get", "vnics", "-o", "json")) as { items: StoredVnic[] }).items;
        await applyObjects(
          bench.lab.kubectl,
          wires.map((definition) => ({
            ...{ apiVersion, kind: "Vnic", metadata: { namespace, name: definition.name } },
            spec: specOf(definition),
          })),
        );
        await bench.kubectl("wait", "--for=condition=Ready", "vnics", "--all", `--timeout=${patience}s`);
        const former = new Set((await records()).map(({ status }) => status?.pod?.sandboxId));

        const before = await restarts();
        const lostAt = now();
        rebootNode(node);
        const haveRestarted = async () => {
          const after = await restarts();
          return pods.every((pod) => (after.get(pod) ?? 0) > (before.get(pod) ?? 0)) || undefined;
        };
        await until("all pods to run again", patience, haveRestarted, { brief: true });
        const podsAt = now();
        const cpuBefore = (await cpuTimes()).machine;
        const requestsBefore = await countRequests(bench);
        let firstAt: number | undefined;
        await until(
          "all Vnics",
          patience,
          async () => {
            const served = (await records()).map((record) => isServedIn(record, former));
            if (served.includes(true)) firstAt ??= now();
            return !served.includes(false) || undefined;
          },
          { brief: true },
        );
        const vnicsAt = now();
        const cpu = (await cpuTimes()).machine - cpuBefore;
        const requests = difference(requestsBefore, await countRequests(bench));
        for (const address of wires.flatMap(({ addresses }) => addresses).map(hostOf))
          if (!(await answersPing(bench.lab, prober, address, 10))) throw new Error(`${address} doesn't answer`);
        samples.push({
          ...{ pods: podsAt - lostAt, first: (firstAt ?? NaN) - podsAt, vnics: vnicsAt - podsAt },
          ...{ kernel: laps["configured"] ?? NaN, cpu, requests },
        });
        console.log(`round ${round} of ${rounds}: ${JSON.stringify(samples.at(-1))}`);
        await bench.kubectl("delete", "vnics", "--all", `--timeout=${patience}s`);
      }
    } finally {
      await reconciler.stop();
    }
    print(count, samples);
    return { kept: { count, pods: pods.length, rounds: samples }, samples };

    /** How often each pod has been started again, for those that run. */
    async function restarts(): Promise<Map<string, number>> {
      const { items } = JSON.parse(await bench.kubectl("get", "pods", "-o", "json")) as {
        items: readonly RestartedPod[];
      };
      return new Map(
        items
          .map(({ metadata, status }) => [metadata.name, status?.containerStatuses?.[0]] as const)
          .filter(([, container]) => container?.state.running)
          .map(([name, container]) => [name, container?.restartCount ?? 0]),
      );
    }
  });
}

function wire(index: number) {
  const pod = { namespace, name: pods[index % pods.length] ?? "" };
  const interfaceName = `lan${Math.floor(index / pods.length)}`;
  return define({
    ...{ name: `wire-${index}`, pod, interfaceName, addresses: [`${subnet}.1.${1 + index}/16`] },
    duplicateAddressDetection: false,
  });
}

function isServedIn({ status }: StoredVnic, former: ReadonlySet<string | undefined>): boolean {
  return readyOf(status)?.status === "True" && status?.pod !== undefined && !former.has(status.pod.sandboxId);
}

function print(count: number, samples: readonly HealRound[]): void {
  console.log(`\n${count} Vnics in ${pods.length} pods of a node that lost power, milliseconds\n`);
  printTable(
    ["part", "n", "p50", "p95"],
    healParts(samples).map(({ words, times: { n, p50, p95 } }) => [words, String(n), shown(p50), shown(p95)]),
  );
  const whole = summarize(samples.map((sample) => (sample.pods + sample.vnics) / (sample.pods + sample.kernel)));
  console.log("\nrequests from the pods' return until all Vnics are ready, of all programs, p50\n");
  printTable(["request", "number"], healRequests(samples));
  console.log(`\nall Vnics back: ${whole.p50.toFixed(2)} × (pods back + kernel)`);
}
