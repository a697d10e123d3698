import { apiVersion } from "../../provider/model/names.ts";
import { specOf, type StoredVnic } from "../../provider/model/vnic/record.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { applyObjects } from "../support/cluster.ts";
import type { Bench } from "../support/lifecycle.ts";
import type { Stack } from "../support/stack.ts";
import { definitionFor } from "./declaration.ts";
import { type Damage, type Event, type Model, namespace, recordName, type Wire } from "./model.ts";

/** Carries out events outside of the program; `nodeOf` has the node of each pod before the events. */
export async function applyEvents(
  bench: Bench,
  stack: Stack,
  events: readonly Event[],
  nodeOf: Model["nodeOf"],
): Promise<void> {
  const isAlone = ({ kind }: Event) => kind === "state lost" || kind === "pod replaced";
  await Promise.all(events.filter((event) => !isAlone(event)).map((event) => make(bench, stack, event, nodeOf)));
  for (const event of events.filter(isAlone)) await make(bench, stack, event, nodeOf);
}

async function make(bench: Bench, stack: Stack, event: Event, nodeOf: Model["nodeOf"]): Promise<void> {
  switch (event.kind) {
    case "damage":
      return damage(bench, event.wire, event.damage, event.address, nodeOf);
    case "record made by kubectl": {
      const metadata = { namespace, name: recordName(event.wire) };
      return applyObjects(bench.lab.kubectl, [
        { apiVersion, kind: "Vnic", metadata, spec: specOf(definitionFor(event.wire)) },
      ]);
    }
    case "state lost": {
      const stored = (await stack.vnics()).find(({ urn }) => urn.endsWith(`::${event.wire.resource}`));
      await stack.must("state", "delete", stored?.urn ?? "", "--yes");
      return;
    }
    case "pod replaced":
      await bench.kubectl("delete", "pod", event.pod, "--wait=true");
      return bench.runPod(event.pod, event.node);
  }
}

async function damage(
  bench: Bench,
  wire: Wire,
  damage: Damage,
  address: string,
  nodeOf: Model["nodeOf"],
): Promise<void> {
  const { interfaceName: nic, addresses, mtu } = wire;
  const inPod = (words: string) => runInPod(bench, wire, words, nodeOf);
  switch (damage) {
    case "link deleted":
      return inPod(`ip link del ${nic}`);
    case "address removed":
      return inPod(`ip address del ${addresses[0]} dev ${nic}`);
    case "address added":
      return inPod(`ip address add ${address} dev ${nic}`);
    case "MTU changed":
      return inPod(`ip link set ${nic} mtu ${mtu === 1450 ? 1440 : 1450}`);
    case "link down":
      return inPod(`ip link set ${nic} down`);
    case "MAC changed":
      return inPod(`ip link set ${nic} address 02:00:5e:ff:ff:${(wire.slot + 16).toString(16)}`);
    case "file lost": {
      const { metadata } = JSON.parse(await bench.kubectl("get", "vnic", recordName(wire), "-o", "json")) as StoredVnic;
      return runOnNode(bench, wire, `rm ${stateDirectory}/vnics/${metadata.uid}.json`, nodeOf);
    }
    case "record lost":
      await bench.kubectl("patch", "vnic", recordName(wire), "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
      await bench.kubectl("delete", "vnic", recordName(wire), "--ignore-not-found");
  }
}

/** Runs a command in the network namespace of the pod that has the NIC. */
function runInPod(bench: Bench, wire: Wire, words: string, nodeOf: Model["nodeOf"]): Promise<void> {
  const script = `for n in /run/netns/*; do nsenter --net=$n ip link show ${wire.interfaceName} >/dev/null 2>&1 && exec nsenter --net=$n ${words}; done; exit 9`;
  return runOnNode(bench, wire, script, nodeOf);
}

async function runOnNode(
  { lab }: Bench,
  { pod, resource }: Wire,
  script: string,
  nodeOf: Model["nodeOf"],
): Promise<void> {
  const { code, stderr } = await lab.exec(nodeOf.get(pod) ?? "node1", ["sh", "-c", script]);
  if (code !== 0) throw new Error(`${resource}: ${script}: exit code ${code}: ${stderr}`);
}
