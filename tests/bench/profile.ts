import { setTimeout as sleep } from "node:timers/promises";
import { openWatchedCluster } from "../../provider/cluster/kube-cluster.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { must } from "../lab/run.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { define } from "../support/lifecycle.ts";
import { podNetns } from "../support/pod-netns.ts";
import { Stack, withoutCheckpoints } from "../support/stack.ts";
import { DoNothing } from "./do-nothing.ts";
import { node, onLab, subnet } from "./ground.ts";
import { makeLinks, removeLinks } from "./kernel-work.ts";
import { measureNodeStart } from "./node-start.ts";
import { observe } from "./observe.ts";
import { printProfile, type ProfileRound } from "./profile-report.ts";
import type { Measured } from "./results.ts";
import { timedDriver } from "./timed-driver.ts";

const namespace = "bench-profile";
const pods = Array.from({ length: 10 }, (_, index) => `app-${index}`);
const many = 50;

/** Measures where the time of an `up` goes, and of a preview without a change, beside their controls in each round. */
export async function measureProfile(rounds: number): Promise<Measured> {
  return onLab(namespace, async ({ bench, kubeconfig }) => {
    await Promise.all(pods.map((pod) => bench.runPod(pod, node)));
    const netns = await Promise.all(pods.map((pod) => podNetns(bench, pod, node)));
    const proxy = await FaultProxy.start();
    const proxied = await proxy.kubeconfig(kubeconfig);
    const cluster = await openWatchedCluster({ kubeconfig: proxied });
    const stack = await Stack.create({ kubeconfig: await proxy.kubeconfigFile(kubeconfig) });
    const nothing = await DoNothing.create({ kubeconfig, provider: "complete" });
    const unchecked = await DoNothing.create({ kubeconfig, provider: "complete", env: withoutCheckpoints });

    const observed = (work: () => Promise<unknown>) => observe(proxy, work);
    const timed = async (work: () => Promise<unknown>) => {
      const beganAt = performance.now();
      await work();
      return performance.now() - beganAt;
    };
    const doNothing = async (one: DoNothing, count: number) => {
      await one.declare(count);
      const up = await timed(() => one.stack.up());
      const preview = await timed(() => one.stack.must("preview"));
      await one.stack.destroy();
      return { up, preview };
    };
    const byHand = async (count: number) => {
      const links = wires(count).map((definition, index) => ({ definition, netns: netns[index % pods.length] ?? "" }));
      const { laps } = await makeLinks(links);
      await removeLinks(links);
      return laps["configured"] ?? NaN;
    };
    const upOf = async (count: number) => {
      await stack.declare(wires(count).map(declared));
      const up = await observed(() => stack.up());
      const preview = await observed(() => stack.must("preview"));
      const destroy = await observed(() => stack.destroy());
      // The sessions' Jobs are just ending.
      await sleep(2000);
      return { up, preview, destroy };
    };
    /** One more Vnic while a session with the node is open, without an engine. */
    const oneMore = async () => {
      const driver = timedDriver(cluster);
      const states: VnicState[] = [];
      const make = (definition: Definition) => inject(driver, definition).then((state) => void states.push(state));
      const remove = ({ uid, owner, node: at, pod, ...state }: VnicState) =>
        eject(
          driver,
          vnicRef({ ...state, pod }),
          { uid, node: at, podName: pod.name, ...(owner === undefined ? {} : { owner }) },
          new Deadline("ejecting", 60),
        );
      try {
        const [first, second] = wires(2) as [Definition, Definition];
        await make(first);
        const create = await observed(() => make(second));
        const [kept, last] = states as [VnicState, VnicState];
        const destroy = await observed(() => remove(last));
        await remove(kept);
        return { create, destroy };
      } finally {
        await driver.close();
      }
    };
    const loading = async (code: string) => timed(() => must([process.execPath, "-e", code]));

    const measured: ProfileRound[] = [];
    try {
      for (let round = 0; round <= rounds; round++) {
        const laps: ProfileRound = {
          bareNode: await loading("0"),
          loading: await loading('require("pulumi-vnic/provider")'),
          nodeStart: await measureNodeStart(),
          nothingOne: await doNothing(nothing, 1),
          one: await upOf(1),
          kernelOne: await byHand(1),
          warm: await oneMore(),
          nothingMany: await doNothing(nothing, many),
          uncheckedMany: await doNothing(unchecked, many),
          many: await upOf(many),
          kernelMany: await byHand(many),
        };
        // The first round fills caches.
        if (round > 0) measured.push(laps);
        console.log(round > 0 ? `round ${round} of ${rounds}` : "warm-up");
      }
    } finally {
      await Promise.all([stack.remove(), nothing.remove(), unchecked.remove()]);
      await proxy.stop();
    }
    const summary = printProfile(measured, many);
    return { kept: { many, summary }, samples: measured };
  });
}

/** Vnics with an interface name, because two derived names may be equal among many in one pod. */
function wires(count: number): Definition[] {
  return Array.from({ length: count }, (_, index) => {
    const pod = { namespace, name: pods[index % pods.length] ?? "" };
    const interfaceName = `lan${Math.floor(index / pods.length)}`;
    return define({ name: `wire-${index}`, pod, interfaceName, addresses: [`${subnet}.2.${1 + index}/16`] });
  });
}

function declared({ name, pod, network, interfaceName, addresses }: Definition) {
  return { resource: name, args: { pod, network, interfaceName, addresses } };
}
