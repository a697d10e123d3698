import { hostOf } from "../../provider/base/address.ts";
import { isDeepStrictEqual } from "node:util";
import { finalizer, linkAlias } from "../../provider/model/names.ts";
import { specOf, type StoredVnic } from "../../provider/model/vnic/record.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { type Node, nodes } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { addressesOf, type Bench, type PodLink } from "../support/lifecycle.ts";
import type { Stack } from "../support/stack.ts";
import { definitionFor } from "./declaration.ts";
import { type Model, namespace, recordName, type Wire } from "./model.ts";

/*
 * The actual state, read without our code: from kernels, files, the API server, Pulumi's state, and a host on the LAN.
 */

interface Sight {
  /** The links with our alias, by pod; those outside of pods by node, as `node1` …. */
  readonly links: Map<string, PodLink[]>;
  readonly files: Map<Node, string[]>;
  readonly records: Map<string, StoredVnic>;
  readonly answers: Map<string, string>;
}

/** Waits until the world matches the model, since hosts may be slow on a loaded machine; throws the differences. */
export async function assertWorld(
  bench: Bench,
  stack: Stack,
  model: Model,
  addresses: ReadonlySet<string>,
): Promise<void> {
  let differences: string[] = [];
  await until("the world to be as it should", 30, async () => {
    differences = [...(await differencesInState(stack, model)), ...compare(await look(bench, addresses), model)];
    return differences.length === 0 ? true : undefined;
  }).catch(() => undefined);
  if (differences.length > 0) throw new Error(`the world is not as it should be:\n  ${differences.join("\n  ")}`);
}

async function differencesInState(stack: Stack, model: Model): Promise<string[]> {
  const stored = await stack.vnics();
  const wires = [...model.wires.values()];
  const names = (list: string[]) => list.sort().join(" ");
  const differences: string[] = [];
  const there = names(stored.map(({ urn }) => urn.split("::").at(-1) ?? ""));
  const wanted = names(wires.map(({ resource }) => resource));
  if (there !== wanted) differences.push(`state has ${there} instead of ${wanted}`);
  for (const { urn, id, outputs, initErrors } of stored) {
    const wire = wires.find(({ resource }) => urn.endsWith(`::${resource}`));
    if (!wire) continue;
    const { addresses, mac, interfaceName } = definitionFor(wire);
    const expected = {
      id: `${namespace}/${recordName(wire)}`,
      addresses,
      mac,
      interfaceName,
      drift: undefined,
      initErrors: 0,
    };
    const actual = {
      id,
      addresses: outputs?.["addresses"],
      mac: outputs?.["mac"],
      interfaceName: outputs?.["interfaceName"],
      drift: outputs?.["drift"],
      initErrors: initErrors?.length ?? 0,
    };
    if (!isDeepStrictEqual(actual, expected))
      differences.push(`state of ${wire.resource} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
  return differences;
}

async function look(bench: Bench, addresses: ReadonlySet<string>): Promise<Sight> {
  const [pods, vnics, onNodes, answers] = await Promise.all([
    bench.kubectl("get", "pods", "-o", "json"),
    bench.kubectl("get", "vnics", "-o", "json"),
    Promise.all(nodes.map((node) => lookAtNode(bench, node))),
    listen(bench, [...addresses].map(hostOf)),
  ]);
  const { items } = JSON.parse(pods) as { items: { metadata: { name: string }; status: { podIP?: string } }[] };
  const podOf = new Map(items.map(({ metadata, status }) => [status.podIP ?? "", metadata.name]));
  const links = new Map<string, PodLink[]>();
  for (const { node, netns } of onNodes)
    for (const all of netns) {
      const ours = all.filter(({ ifalias, ifname = "" }) => ifalias !== undefined || /^vn[0-9a-f]{12}$/.test(ifname));
      const own = all.find(({ ifname }) => ifname === "eth0");
      const place = podOf.get(own?.addr_info[0]?.local ?? "") ?? `another place on ${node}`;
      if (ours.length > 0) links.set(place, [...(links.get(place) ?? []), ...ours]);
    }
  const records = (JSON.parse(vnics) as { items: StoredVnic[] }).items.map(
    (record) => [record.metadata.name, record] as const,
  );
  return { links, files: new Map(onNodes.map(({ node, files }) => [node, files])), records: new Map(records), answers };
}

/** The links in each network namespace of a node, and the resource files on it. */
async function lookAtNode({ lab }: Bench, node: Node): Promise<{ node: Node; netns: PodLink[][]; files: string[] }> {
  const script = `ip -j -d address; for n in /run/netns/*; do nsenter --net=$n ip -j -d address 2>/dev/null && echo; done; echo; ls ${stateDirectory}/vnics`;
  const { stdout } = await lab.exec(node, ["sh", "-c", script]);
  const lines = stdout.split("\n").filter(Boolean);
  return {
    node,
    netns: lines.filter((line) => line.startsWith("[")).map((line) => JSON.parse(line) as PodLink[]),
    files: lines.filter((line) => !line.startsWith("[")),
  };
}

/** The addresses that answer to a host on the LAN, with their MACs. */
async function listen({ lab }: Bench, hosts: readonly string[]): Promise<Map<string, string>> {
  const ping = `ip neigh flush dev eth0; for a in ${hosts.join(" ")}; do (ping -n -q -c 2 -i 0.3 -W 1 $a >/dev/null 2>&1 && echo $a) & done; wait; ip -j neigh`;
  const { stdout } = await lab.exec("lan1", ["sh", "-c", ping]);
  const lines = stdout.split("\n").filter(Boolean);
  const neighbours = JSON.parse(lines.pop() ?? "[]") as { dst: string; lladdr?: string }[];
  return new Map(lines.map((host) => [host, neighbours.find(({ dst }) => dst === host)?.lladdr ?? ""]));
}

function compare({ links, files, records, answers }: Sight, model: Model): string[] {
  const wires = [...model.wires.values()];
  const differences: string[] = [];
  const same = (what: string, actual: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(actual, expected))
      differences.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  };
  const sameLines = (what: string, actual: readonly string[], expected: readonly string[]) => {
    for (const line of actual) if (!expected.includes(line)) differences.push(`${what}: there is ${line}`);
    for (const line of expected) if (!actual.includes(line)) differences.push(`${what}: there should be ${line}`);
  };
  const uidOf = (wire: Wire) => records.get(recordName(wire))?.metadata.uid ?? "";
  const nodeOf = ({ pod }: Wire) => model.nodeOf.get(pod);

  sameLines("records", [...records.keys()], wires.map(recordName));
  for (const wire of wires) {
    const record = records.get(recordName(wire));
    same(`spec of ${wire.resource}`, record?.spec, JSON.parse(JSON.stringify(specOf(definitionFor(wire)))));
    same(`finalizers of ${wire.resource}`, record?.metadata.finalizers, [finalizer]);
    same(`readiness of ${wire.resource}`, record?.status?.conditions[0]?.status, "True");
    same(`label of ${wire.resource}`, record?.metadata.labels?.["round"], wire.labels?.["round"]);
  }
  for (const node of nodes) {
    const expected = wires.filter((wire) => nodeOf(wire) === node).map((wire) => `${uidOf(wire)}.json`);
    sameLines(`files on ${node}`, files.get(node) ?? [], expected);
  }
  const places = new Set([...links.keys(), ...wires.map(({ pod }) => pod)]);
  for (const place of places) {
    const actual = (links.get(place) ?? []).map((link) =>
      [link.ifname, link.ifalias, link.address, link.mtu, link.flags.includes("UP"), ...globalAddresses(link)].join(
        " ",
      ),
    );
    const expected = wires
      .filter(({ pod }) => pod === place)
      .map((wire) =>
        [
          wire.interfaceName,
          linkAlias(uidOf(wire)),
          wire.mac,
          wire.mtu ?? 1500,
          true,
          ...[...wire.addresses].sort(),
        ].join(" "),
      );
    sameLines(`NICs in ${place}`, actual, expected);
  }
  const held = wires.flatMap(({ addresses, mac }) => addresses.map((address) => `${hostOf(address)} at ${mac}`));
  const heard = [...answers].map(([host, mac]) => `${host} at ${mac}`);
  sameLines("on the LAN", heard, held);
  return differences;
}

function globalAddresses(link: PodLink): string[] {
  const lasting = { ...link, addr_info: link.addr_info.filter(({ scope }) => scope !== "link") };
  return addressesOf(lasting).sort();
}
