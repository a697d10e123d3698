import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PodObject, type PodState, readPod } from "../../../../provider/model/kubernetes/pod.ts";
import { containerId, uid } from "../../../fakes/objects.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "fixtures", "pods");

/** A recorded pod in the given state, reduced to the fields that we read. */
function recorded(state: string): PodObject {
  return JSON.parse(readFileSync(join(folder, `${state}.json`), "utf8")) as PodObject;
}

const running = { state: "running", uid: uid(2), node: "worker-1" } as const;

const table: Record<string, PodState> = {
  running: { ...running, containerId },
  "running-not-ready": { ...running, containerId: containerId.replace("containerd", "cri-o") },
  initializing: { ...running, containerId: `containerd://${"1a".repeat(32)}` },
  created: { state: "pending", why: "not scheduled yet" },
  unschedulable: { state: "pending", why: "Unschedulable: 0/3 nodes are available: 3 Insufficient memory." },
  scheduled: { state: "pending", why: "no container runs yet on node worker-1" },
  "container-creating": { state: "pending", why: "container redis: ContainerCreating" },
  "image-pull-back-off": { state: "pending", why: `container redis: ImagePullBackOff: Back-off pulling image "redsi"` },
  // The sandbox still runs.
  "all-containers-crashed": { ...running, containerId },
  mirror: { ...running, containerId, runtimeUid: "5d41402abc4b2a76b9719d911017c592" },
  "runtime-class": { ...running, containerId, runtimeClass: "gvisor" },
  forwarding: { ...running, containerId, forwards: true },
  "host-network": { state: "hostNetwork" },
  evicted: { state: "terminated", why: "phase Failed, Evicted" },
  succeeded: { state: "terminated", why: "phase Succeeded" },
  "being-deleted": { state: "terminated", why: "it is being deleted" },
};

describe("a pod", () => {
  for (const [state, read] of Object.entries(table))
    it(`is read as ${read.state} when its state is ${state}`, () =>
      expect(readPod(recorded(state))).to.deep.equal(read));

  it("is read as pending when its status is empty", () =>
    expect(readPod({})).to.deep.equal({ state: "pending", why: "not scheduled yet" }));

  it("has an expected reading for each recorded state", () =>
    expect(readdirSync(folder).map((file) => file.replace(".json", ""))).to.have.members(Object.keys(table)));
});
