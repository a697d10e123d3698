import { randomInt } from "node:crypto";
import { isInline } from "../../provider/model/network/reference.ts";
import { randomUUID } from "node:crypto";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import {
  configureSteps,
  createSteps,
  moveSteps,
  type SizedPlan,
  sysctls,
} from "../../provider/model/link/link-steps.ts";
import { transitLinkName } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { must } from "../lab/run.ts";
import { enter } from "../lab/enter.ts";
import type { Node } from "../lab/layout.ts";
import { fromSeconds } from "./clock.ts";
import { node } from "./ground.ts";
import { type Laps, Stopwatch } from "./stopwatch.ts";

/* Measures the kernel alone: runs the commands that the node side runs for new links, by hand on the node. */

export interface HandMade {
  readonly definition: Definition;
  /** Path of the pod's network namespace, on the node. */
  readonly netns: string;
}

export interface HandMadeLaps {
  /** When the script started, by the machine's clock. */
  readonly beganAt: number;
  /** Times at the end of the script's parts. */
  readonly laps: Laps;
}

/**
 * Makes the links one after the other, each by its placement. The laps `created`, `moved` and `configured` are those of
 * the last one.
 */
export function makeLinks(links: readonly HandMade[], on: Node = node): Promise<HandMadeLaps> {
  return runScript(on, links.flatMap(makingOf));
}

export function removeLinks(links: readonly HandMade[], on: Node = node): Promise<HandMadeLaps> {
  return runScript(on, [
    ...links.flatMap(({ definition, netns }) =>
      batch([`link del dev ${definition.interfaceName}`], ["nsenter", `--net=${netns}`, "--"]),
    ),
    stamp("removed"),
  ]);
}

/** A link made by hand on its pod's node. */
export interface PlacedLink extends HandMade {
  readonly node: Node;
}

/** Makes the links on all nodes at once, and returns how long the slowest node took, in milliseconds. */
export function makeLinksOnAll(links: readonly PlacedLink[]): Promise<number> {
  return slowestNode(links, async (its, on) => (await makeLinks(its, on)).laps["configured"]);
}

/** Removes the links on all nodes at once, and returns how long the slowest node took, in milliseconds. */
export function removeLinksOnAll(links: readonly PlacedLink[]): Promise<number> {
  return slowestNode(links, async (its, on) => (await removeLinks(its, on)).laps["removed"]);
}

async function slowestNode(
  links: readonly PlacedLink[],
  work: (its: readonly HandMade[], on: Node) => Promise<number | undefined>,
): Promise<number> {
  const byNode = Map.groupBy(links, (link) => link.node);
  return Math.max(...(await Promise.all([...byNode].map(async ([on, its]) => (await work(its, on)) ?? NaN))));
}

function makingOf({ definition, netns }: HandMade): string[] {
  const inPod = ["nsenter", `--net=${netns}`, "--"];
  const plan = planOf(definition);
  const isDirect = plan.placement === "direct";
  const index = randomInt(2 ** 24, 2 ** 31 - 1);
  const settings = sysctls(transitLinkName(plan.vnic.uid), plan);
  return [
    ...batch(createSteps(plan, { parent: plan.network.parent }, index, isDirect ? netns : undefined)),
    stamp("created"),
    ...(isDirect ? [] : [...batch(moveSteps(plan, netns)), stamp("moved")]),
    [...inPod, "sysctl", "-q", "-e", "-w", ...settings].join(" "),
    ...batch(configureSteps(plan), inPod),
    stamp("configured"),
  ];
}

/** A plan of a Vnic without a record; only link names and aliases need a UID. */
function planOf({ pod, ...definition }: Definition): SizedPlan {
  if (!isInline(definition.network)) throw new Error("the network of a benchmark is given inline");
  const { network } = definition;
  const { addresses, mac, interfaceName, mtu = 1500, placement = "moved" } = definition;
  return {
    vnic: { uid: randomUUID(), ...vnicRef({ ...definition, pod }) },
    pod: { ...pod, uid: randomUUID(), containerId: `containerd://${"0".repeat(64)}` },
    network,
    interfaceName,
    mac,
    mtu,
    placement,
    addresses: [...addresses],
  };
}

function batch(lines: readonly string[], within: readonly string[] = []): string[] {
  return [[...within, "ip", "-batch", "-", "<<'LINES'"].join(" "), ...lines, "LINES"];
}

/** A line of bash that prints the time of a stage. It starts no program, whose start would be measured as well. */
function stamp(stage: string): string {
  return `echo ${stage} $EPOCHREALTIME`;
}

async function runScript(on: Node, lines: readonly string[]): Promise<HandMadeLaps> {
  const script = ["set -e", "export LC_ALL=C", stamp("began"), ...lines].join("\n");
  const said = await must(enter(on, ["bash", "-s"]), { input: script });
  const stamps = Object.fromEntries(
    said
      .trim()
      .split("\n")
      .map((line) => line.split(" ")),
  ) as Record<string, string>;
  const beganAt = fromSeconds(stamps["began"] ?? "");
  const watch = new Stopwatch(beganAt);
  for (const [stage, at] of Object.entries(stamps)) watch.mark(stage, fromSeconds(at));
  return { beganAt, laps: watch.laps };
}
