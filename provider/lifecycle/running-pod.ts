import { VnicError } from "../model/errors.ts";
import { readPod, type RunningPod } from "../model/pod.ts";
import type { Deadline, Driver } from "./driver.ts";

/** The pod, once it runs; waits for one that is on its way, and refuses one that can't be given a Vnic. */
export async function awaitRunningPod(
  { cluster, report }: Driver,
  pod: { namespace: string; name: string },
  deadline: Deadline,
): Promise<RunningPod> {
  const what = `pod ${pod.namespace}/${pod.name}`;
  for (let patience = 250; ; patience = Math.min(patience * 1.5, 2000)) {
    const object = await cluster.findPod(pod.namespace, pod.name);
    if (!object) {
      if (!(await cluster.namespaceExists(pod.namespace)))
        throw new VnicError(
          "refused",
          `pod.namespace: there is no namespace ${JSON.stringify(pod.namespace)}; create it, and the pod in it, first`,
        );
      throw new VnicError(
        "refused",
        `pod.name: there is no pod ${JSON.stringify(pod.name)} in namespace ${JSON.stringify(pod.namespace)}; create it first`,
      );
    }
    const state = readPod(object);
    switch (state.state) {
      case "running":
        return state;
      case "hostNetwork":
        throw new VnicError(
          "refused",
          `pod.name: ${what} uses its node's network (hostNetwork: true) and has none of its own to put a Vnic in`,
        );
      case "terminated":
        throw new VnicError("refused", `pod.name: ${what} has terminated (${state.why}); name a pod that runs`);
      case "pending":
        report(`waiting for ${what} to run: ${state.why}`);
        await deadline.wait(patience, `${what} to run; last seen: ${state.why}`);
    }
  }
}
