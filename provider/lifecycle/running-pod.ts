import { isVnicError, VnicError } from "../base/errors.ts";
import { type PodState, readPod, type RunningPod, terminationOf } from "../model/kubernetes/pod.ts";
import { sandboxWithOwnStack } from "../model/kubernetes/runtime-class.ts";
import type { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";

interface PodIdentifier {
  readonly namespace: string;
  readonly name: string;
}

/** Reads the state of a pod; refuses one that doesn't exist. */
export async function readPodState({ cluster }: Driver, { namespace, name }: PodIdentifier): Promise<PodState> {
  const object = await cluster.findPod(namespace, name);
  if (object) return readPod(object);
  const [there, here] = [namespace, name].map((text) => JSON.stringify(text));
  if (!(await cluster.findNamespace(namespace)))
    throw new VnicError(
      "refused",
      `pod.namespace: there is no namespace ${there}; create it, and the pod in it, first`,
    );
  throw new VnicError("refused", `pod.name: there is no pod ${here} in namespace ${there}; create it first`);
}

/** Reads the state of the next pod of that name. A controller will create that pod, so it may not exist for a while. */
async function readNextPodState({ cluster }: Driver, { namespace, name }: PodIdentifier): Promise<PodState> {
  const object = await cluster.findPod(namespace, name);
  return object ? readPod(object) : { state: "pending", why: "its controller has not made it yet" };
}

/**
 * Waits until the pod is running; `atFirst` is its state if it was read already. Refuses a pod that can't get a Vnic.
 * With `awaitsNext`, it waits for the replacement of a terminated pod if the controller will create one.
 */
export async function awaitRunning(
  driver: Driver,
  pod: PodIdentifier,
  atFirst: PodState | undefined,
  deadline: Deadline,
  { awaitsNext = false }: { readonly awaitsNext?: boolean } = {},
): Promise<RunningPod> {
  const what = `pod ${pod.namespace}/${pod.name}`;
  let state = atFirst ?? (await readPodState(driver, pod));
  let isExpected = false;
  for (let delayMilliseconds = 250; ; delayMilliseconds = Math.min(delayMilliseconds * 1.5, 2000)) {
    switch (state.state) {
      case "running":
        await refuseOwnStack(driver, what, state);
        return state;
      case "hostNetwork":
        throw new VnicError(
          "refused",
          `pod.name: ${what} uses its node's network (hostNetwork: true) and has none of its own to put a Vnic in`,
        );
      case "terminated":
        if (!awaitsNext || !state.isReplaced)
          throw new VnicError("refused", `pod.name: ${what} has terminated (${state.why}); name a running pod`);
        isExpected = true;
        driver.report(`waiting for the next ${what}: ${state.why}`);
        await deadline.wait(delayMilliseconds, `the next ${what} to run; last seen: ${state.why}`);
        break;
      case "pending":
        driver.report(`waiting for ${what} to run: ${state.why}`);
        await deadline.wait(delayMilliseconds, `${what} to run; last seen: ${state.why}`);
    }
    state = isExpected ? await readNextPodState(driver, pod) : await readPodState(driver, pod);
  }
}

/** Refuses a pod whose containers have their own network stack, in which the NIC isn't visible. */
async function refuseOwnStack({ cluster }: Driver, what: string, { runtimeClass }: RunningPod): Promise<void> {
  if (runtimeClass === undefined) return;
  const object = await cluster.findRuntimeClass(runtimeClass).catch((error: unknown) => {
    // The roles of an earlier version don't grant reading RuntimeClasses; the name is usually enough.
    if (isVnicError(error, "forbidden")) return undefined;
    throw error;
  });
  const sandbox = sandboxWithOwnStack(runtimeClass, object);
  if (sandbox === undefined) return;
  throw new VnicError(
    "refused",
    `pod.name: ${what} runs in ${sandbox} (RuntimeClass ${runtimeClass}), which has a network stack of its own and wouldn't show a Vnic inside; name a pod of another RuntimeClass`,
  );
}

/** Waits until the pod with that UID has terminated. */
export async function awaitTerminated(
  { cluster, report }: Driver,
  pod: PodIdentifier,
  uid: string,
  deadline: Deadline,
): Promise<void> {
  const end = `pod ${pod.namespace}/${pod.name} to terminate, as deletionPolicy is "waitForPod"`;
  for (let delayMilliseconds = 250; ; delayMilliseconds = Math.min(delayMilliseconds * 1.5, 2000)) {
    if (terminationOf(await cluster.findPod(pod.namespace, pod.name), uid) !== undefined) return;
    report(`waiting for ${end}`);
    await deadline.wait(delayMilliseconds, end);
  }
}
