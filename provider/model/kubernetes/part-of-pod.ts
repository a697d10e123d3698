import { SharedValues } from "../../base/shared-values.ts";
import { omitUndefined } from "../schema/known.ts";
import { type ContainerStatus, isForwarding, mirrorPod, type PodObject, staticPodHash } from "./pod.ts";

/*
 * What the reconciler keeps of each pod of the cluster. A pod as the API server sends it is 5 to 10 KB, and up to 3 MB if
 * somebody wants it to be, but all that the reconciler looks at is much smaller.
 */

/** The longest text of a pod that is kept; a longer one is truncated. */
const maxTextLength = 256;

/** All labels of a pod, keys and values, may have this many characters together. */
export const maxLabelsLength = 4096;

type Metadata = NonNullable<PodObject["metadata"]>;
type Status = NonNullable<PodObject["status"]>;

/**
 * The part of a pod by which it is known whether it can have a Vnic, and which VnicSets select it. It is a copy: nothing of
 * the original stays in memory. It has what it has in common with others from `shared`.
 */
export function partOfPod({ metadata = {}, spec, status = {} }: PodObject, shared = new SharedValues()): PodObject {
  const { uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata;
  const [namespace, name] = [shared.share(metadata.namespace), shared.share(metadata.name)];
  const { nodeName, hostNetwork, runtimeClassName } = spec ?? {};
  const securityContext = securityContextOf(spec);
  return {
    metadata: {
      ...omitUndefined({ namespace, name, uid, resourceVersion, creationTimestamp, deletionTimestamp }),
      ...omitUndefined({
        labels: labelsOf(metadata, shared),
        annotations: annotationsOf(metadata),
        ownerReferences: shared.share(controllerOf(metadata)),
      }),
    },
    spec: shared.share(omitUndefined({ nodeName, hostNetwork, runtimeClassName, securityContext })),
    status: {
      ...omitUndefined({ phase: shared.share(status.phase), reason: shortened(status.reason) }),
      ...omitUndefined({
        conditions: shared.share(conditionsOf(status)),
        containerStatuses: decisive(status.containerStatuses),
        initContainerStatuses: decisive(status.initContainerStatuses),
      }),
    },
  };
}

/** A pod whose labels are larger than any real pod's has none for us, so no VnicSet selects it. */
function labelsOf({ labels }: Metadata, shared: SharedValues): Metadata["labels"] {
  const entries = Object.entries(labels ?? {});
  const length = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (labels === undefined || length > maxLabelsLength) return undefined;
  // The pods of a StatefulSet have labels of their own, with mostly the same values.
  return shared.share(Object.fromEntries(entries.map(([key, value]) => [key, shared.share(value)])));
}

function annotationsOf({ annotations }: Metadata): Metadata["annotations"] {
  const hash = annotations?.[staticPodHash];
  const mirror = annotations?.[mirrorPod];
  if (hash === undefined || mirror === undefined) return undefined;
  return { [staticPodHash]: shortened(hash), [mirrorPod]: shortened(mirror) };
}

/** One setting that makes the pod forward packets suffices. */
function securityContextOf(spec: PodObject["spec"]): NonNullable<PodObject["spec"]>["securityContext"] {
  const sysctl = spec?.securityContext?.sysctls?.find(isForwarding);
  return sysctl && { sysctls: [{ name: sysctl.name, value: sysctl.value }] };
}

function controllerOf({ ownerReferences = [] }: Metadata): Metadata["ownerReferences"] {
  const owner = ownerReferences.find(({ controller }) => controller);
  return owner && [{ kind: owner.kind, name: owner.name, controller: true }];
}

/** Whether the pod is ready, and why it isn't scheduled. */
function conditionsOf({ conditions = [] }: Status): Status["conditions"] {
  const kept = conditions.filter(
    ({ type, status }) => (type === "Ready" && status === "True") || (type === "PodScheduled" && status === "False"),
  );
  if (kept.length === 0) return undefined;
  return kept.map(({ type, status, reason, message }) => ({
    ...{ type, status },
    ...omitUndefined({ reason: shortened(reason), message: shortened(message) }),
  }));
}

/** The containers that `readPod` may choose from: the first that runs, the first that was made, the first that waits. */
function decisive(statuses: readonly ContainerStatus[] | undefined): ContainerStatus[] | undefined {
  if (statuses === undefined || statuses.length === 0) return undefined;
  const chosen = new Set([
    statuses.find(({ containerID, state }) => containerID && state?.running),
    statuses.find(({ containerID }) => containerID),
    statuses.find(({ state }) => state?.waiting),
  ]);
  return statuses.filter((one) => chosen.has(one)).map(partOfContainer);
}

const running = { running: {} };

function partOfContainer({ name, containerID, state }: ContainerStatus): ContainerStatus {
  const { reason, message } = state?.waiting ?? {};
  const waiting = omitUndefined({ reason: shortened(reason), message: shortened(message) });
  return {
    name,
    ...omitUndefined({
      containerID: shortened(containerID),
      state: state?.running ? running : state?.waiting ? { waiting } : undefined,
    }),
  };
}

/** A copy of the beginning of a text; a slice alone would keep the whole text in memory. */
function shortened<Text extends string | undefined>(text: Text): Text {
  if (text === undefined || text.length <= maxTextLength) return text;
  return Buffer.from(text.slice(0, maxTextLength)).toString() as Text;
}
